package dev.certfleet.agent.certificate;

import dev.certfleet.pki.wire.AssignedCertificate;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one certificate, as it is in its {@code state.json}.
 *
 * @param format of this file
 * @param held what is published; null before the first time
 * @param pending what is under way; null in {@link Stage#MISSING}, {@link Stage#IN_USE} and {@link Stage#RENEWAL_DUE}
 * @param newKeyNext the next certificate has to be for a new key
 * @param failures how often the present step failed in a row
 * @param retryAt not before this time is the present step tried again; null where it is free to go on
 * @param problem what kept the present step from working; null where nothing did
 */
public record CertificateState(
        int format,
        Stage stage,
        @Nullable Held held,
        @Nullable Pending pending,
        boolean newKeyNext,
        int failures,
        @Nullable Instant retryAt,
        @Nullable String problem) {
    static final int FORMAT = 1;

    /**
     * A published certificate.
     *
     * @param id its SHA-256 fingerprint
     * @param publishedAt when it was, by this node's clock
     * @param keyMadeAt when its key was made
     * @param wanted what the assignment asked for when it was requested
     */
    public record Held(
            String id,
            String serial,
            Instant notBefore,
            Instant notAfter,
            Instant publishedAt,
            Instant keyMadeAt,
            AssignedCertificate wanted) {
        /**
         * When its life on this node began. Not notBefore, which is backdated: of a certificate that lives for minutes, two thirds
         * would be over when it is issued.
         */
        public Instant begin() {
            return publishedAt.isAfter(notBefore) && publishedAt.isBefore(notAfter) ? publishedAt : notBefore;
        }
    }

    /**
     * A request under way.
     *
     * @param requestId the Idempotency-Key: the same request gives the same certificate
     * @param newKey true where {@code next.key} is its key, false where the published key stays
     * @param keyMadeAt when its key was made
     * @param renewalOf the id of the certificate that it renews; null for a first one
     * @param csr PKCS#10 in PEM, the same in each attempt; null before it is made
     */
    public record Pending(
            String requestId,
            boolean newKey,
            Instant keyMadeAt,
            AssignedCertificate wanted,
            @Nullable String renewalOf,
            @Nullable String csr) {
        Pending withCsr(String made) {
            return new Pending(requestId, newKey, keyMadeAt, wanted, renewalOf, made);
        }
    }

    static CertificateState missing() {
        return new CertificateState(FORMAT, Stage.MISSING, null, null, false, 0, null, null);
    }

    CertificateState keyReady(Pending next) {
        return new CertificateState(FORMAT, Stage.KEY_READY, held, next, false, failures, null, problem);
    }

    CertificateState requested(Pending withCsr) {
        return new CertificateState(FORMAT, Stage.REQUESTED, held, withCsr, false, failures, null, problem);
    }

    CertificateState received() {
        return new CertificateState(FORMAT, Stage.RECEIVED, held, pending, newKeyNext, 0, null, null);
    }

    CertificateState published(Held now) {
        return new CertificateState(FORMAT, Stage.PUBLISHED, now, null, newKeyNext, 0, null, null);
    }

    CertificateState inUse() {
        return new CertificateState(FORMAT, Stage.IN_USE, held, null, newKeyNext, 0, null, null);
    }

    CertificateState renewalDue(boolean newKey) {
        return new CertificateState(FORMAT, Stage.RENEWAL_DUE, held, null, newKeyNext || newKey, 0, null, null);
    }

    /** Back to where a request starts, with what went wrong and the pause that follows from it. */
    CertificateState startAgain(boolean newKey, Instant notBefore, String why) {
        Stage start = held == null ? Stage.MISSING : Stage.RENEWAL_DUE;
        return new CertificateState(FORMAT, start, held, null, newKey, failures + 1, notBefore, why);
    }

    /** The certificate or its key are gone or foreign: as if there had never been one. */
    CertificateState lost(String why) {
        return new CertificateState(FORMAT, Stage.MISSING, null, null, false, 0, null, why);
    }

    /** The same step again, later. */
    CertificateState failed(Instant notBefore, String why) {
        return new CertificateState(
                FORMAT, stage, held, pending, newKeyNext, Math.min(failures + 1, 1_000_000), notBefore, why);
    }

    CertificateState withoutPause() {
        return new CertificateState(FORMAT, stage, held, pending, newKeyNext, failures, null, problem);
    }
}
