package dev.certfleet.agent.identity;

import dev.certfleet.agent.tpm.Tpm;

/** How this node shows that it may have its name. */
public sealed interface Evidence permits Token, Evidence.OfTpm, Evidence.OfDocument {
    /** Tells one piece of evidence from another one; of a token no more than its digest. */
    String digest();

    /** @param cluster where the machine's TPM is admitted */
    record OfTpm(String cluster, Tpm tpm) implements Evidence {
        @Override
        public String digest() {
            return "tpm:" + cluster;
        }
    }

    /** @param cluster that trusts the document's issuer */
    record OfDocument(String cluster, DocumentSource source) implements Evidence {
        @Override
        public String digest() {
            return "document:" + cluster;
        }
    }
}
