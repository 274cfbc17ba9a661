package dev.certfleet.server.ledger;

import java.time.Instant;

/**
 * A revocation was made or taken back. It is told within the transaction: whoever listens can write with it, or wait for its
 * commit.
 *
 * @param kind which of the two
 * @param revocation the revocation
 * @param certificate the certificate it is about
 * @param sequence its place in the cluster's feed; 0 where the certificate belongs to no cluster
 * @param askedAt when the ledger was asked for it, before it waited for others
 * @param replayed whether it comes from a journal, and need not go there
 */
public record RevocationChange(
        Kind kind,
        RevocationRecord revocation,
        CertificateRecord certificate,
        long sequence,
        Instant askedAt,
        boolean replayed) {

    /** Made, or taken back. */
    public enum Kind {
        REVOKED("revoked"),
        RELEASED("released");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        /** Its name in the feed and in journals. */
        public String label() {
            return label;
        }
    }
}
