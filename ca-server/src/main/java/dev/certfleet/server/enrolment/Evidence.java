package dev.certfleet.server.enrolment;

import dev.certfleet.pki.wire.InstanceDocument;
import dev.certfleet.pki.wire.TpmProof;

/** What a machine brings to show that it may have an identity; nothing of it is checked yet. */
public sealed interface Evidence {
    /** @param secret of an enrolment token */
    record Token(String secret) implements Evidence {
        @Override
        public String toString() {
            return "Token[…]";
        }
    }

    /** The answer to a challenge that was made for a TPM. */
    record TpmAttestation(TpmProof proof) implements Evidence {
        @Override
        public String toString() {
            return "TpmAttestation[…]";
        }
    }

    /** What an issuer signed of the machine. */
    record IdentityDocument(InstanceDocument document) implements Evidence {
        @Override
        public String toString() {
            return "IdentityDocument[…]";
        }
    }
}
