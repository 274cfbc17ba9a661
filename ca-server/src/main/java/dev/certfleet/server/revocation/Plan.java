package dev.certfleet.server.revocation;

import dev.certfleet.server.ledger.CertificateRecord;
import java.util.List;

/**
 * What a call that revokes many certificates comes to.
 *
 * @param certificates what would be revoked, by serial
 * @param impacts what would break
 * @param isDone whether there is nothing left to change
 */
public record Plan(List<CertificateRecord> certificates, List<Impact> impacts, boolean isDone) {
    /** The most certificates that one call revokes. */
    public static final int MOST = 10_000;

    boolean isTooLarge() {
        return certificates.size() > MOST;
    }
}
