package dev.certfleet.server.comeback;

import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.x509.Violations;

/** What became of a node's wish to come back. */
public sealed interface Comeback {
    /**
     * @param certificate its new identity
     * @param authority the authority that signed it
     */
    record Back(CertificateRecord certificate, Authority authority) implements Comeback {}

    /** Not one that was given for this identity, or it expired or was used: another one may do. */
    record ChallengeRefused() implements Comeback {}

    /** The identity has not expired. */
    record NotNeeded(String detail) implements Comeback {}

    /**
     * It does not come back by this identity.
     *
     * @param why {@link Why#NOT_PROVEN} unless the signature was the identity's
     */
    record Refused(Why why, String detail) implements Comeback {}

    /** The request breaks the rules of certificates. */
    record RulesBroken(Violations violations) implements Comeback {}

    /** Too many come back at this moment. */
    record Busy() implements Comeback {}

    /** The same request is being worked on at this moment. */
    record InProgress() implements Comeback {}

    /** The request's id was used for another request. */
    record OtherRequest() implements Comeback {}

    /** Why an identity does not bring a node back. */
    enum Why {
        SWITCHED_OFF("comebacks-off"),
        NOT_PROVEN("not-proven"),
        UNKNOWN_SERVER("unknown-server"),
        REVOKED("identity-revoked"),
        HOLDER_GONE("holder-gone"),
        OLDER_IDENTITY("older-identity"),
        KEY_BLOCKED("key-blocked"),
        AWAY_TOO_LONG("away-too-long");

        private final String label;

        Why(String label) {
            this.label = label;
        }

        /** The rule's stable name. */
        public String label() {
            return label;
        }
    }
}
