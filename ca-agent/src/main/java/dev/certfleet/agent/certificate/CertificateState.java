package dev.certfleet.agent.certificate;

import dev.certfleet.agent.component.Proof;
import dev.certfleet.pki.wire.AssignedCertificate;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one certificate, as it is in its {@code state.json}.
 *
 * @param format of this file
 * @param held what is published; null before the first time
 * @param last what was proven before {@code held}, while that is not; its pair is kept in the state folder
 * @param pending what is under way; null where no request is
 * @param newKeyNext the next certificate has to be for a new key
 * @param failures how often the present step failed in a row
 * @param retryAt not before this time is the present step tried again; null where it is free to go on
 * @param rollbacks how many pairs in a row had to be taken back
 * @param problem what kept the present step from working; null where nothing did
 */
public record CertificateState(
        int format,
        Stage stage,
        @Nullable Held held,
        @Nullable Held last,
        @Nullable Pending pending,
        boolean newKeyNext,
        int failures,
        @Nullable Instant retryAt,
        int rollbacks,
        @Nullable String problem) {
    static final int FORMAT = 1;

    /**
     * A published certificate.
     *
     * @param id its SHA-256 fingerprint
     * @param publishedAt when it was, by this node's clock
     * @param keyMadeAt when its key was made
     * @param wanted what the assignment asked for when it was requested
     * @param proof how it was seen to be used; null where it was not
     */
    public record Held(
            String id,
            String serial,
            Instant notBefore,
            Instant notAfter,
            Instant publishedAt,
            Instant keyMadeAt,
            AssignedCertificate wanted,
            @Nullable Proof proof) {
        Held proven(Proof how) {
            return new Held(id, serial, notBefore, notAfter, publishedAt, keyMadeAt, wanted, how);
        }

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
        return new CertificateState(FORMAT, Stage.MISSING, null, null, null, false, 0, null, 0, null);
    }

    CertificateState keyReady(Pending next) {
        return new CertificateState(
                FORMAT, Stage.KEY_READY, held, last, next, false, failures, null, rollbacks, problem);
    }

    CertificateState requested(Pending withCsr) {
        return new CertificateState(
                FORMAT, Stage.REQUESTED, held, last, withCsr, false, failures, null, rollbacks, problem);
    }

    /** @param lastGood what to go back to where the new pair is taken by nobody */
    CertificateState received(@Nullable Held lastGood) {
        return new CertificateState(
                FORMAT, Stage.RECEIVED, held, lastGood, pending, newKeyNext, 0, null, rollbacks, null);
    }

    CertificateState published(Held now) {
        return new CertificateState(FORMAT, Stage.PUBLISHED, now, last, null, newKeyNext, 0, null, rollbacks, null);
    }

    CertificateState proving() {
        return new CertificateState(FORMAT, Stage.PROVING, held, last, null, newKeyNext, 0, null, rollbacks, problem);
    }

    CertificateState proven(Proof how) {
        return new CertificateState(
                FORMAT, Stage.IN_USE, held == null ? null : held.proven(how), null, null, newKeyNext, 0, null, 0, null);
    }

    /** What is published is taken by nobody. */
    CertificateState rollingBack(String why) {
        return new CertificateState(FORMAT, Stage.ROLLING_BACK, held, last, null, newKeyNext, 0, null, rollbacks, why);
    }

    /** The last good pair is in place again; another is asked for after the pause. */
    CertificateState rolledBack(Instant notBefore) {
        return new CertificateState(
                FORMAT, Stage.RENEWAL_DUE, last, null, null, newKeyNext, 0, notBefore, rollbacks + 1, problem);
    }

    CertificateState inUse() {
        return new CertificateState(FORMAT, Stage.IN_USE, held, last, null, newKeyNext, 0, null, rollbacks, null);
    }

    CertificateState renewalDue(boolean newKey) {
        return new CertificateState(
                FORMAT, Stage.RENEWAL_DUE, held, last, null, newKeyNext || newKey, 0, null, rollbacks, null);
    }

    /** Back to where a request starts, with what went wrong and the pause that follows from it. */
    CertificateState startAgain(boolean newKey, Instant notBefore, String why) {
        Stage start = held == null ? Stage.MISSING : Stage.RENEWAL_DUE;
        return new CertificateState(FORMAT, start, held, last, null, newKey, failures + 1, notBefore, rollbacks, why);
    }

    /** The certificate or its key are gone or foreign: as if there had never been one. */
    CertificateState lost(String why) {
        return new CertificateState(FORMAT, Stage.MISSING, null, null, null, false, 0, null, rollbacks, why);
    }

    /** The server does not know it any more: a first request takes the place of the renewal. */
    CertificateState forgotten(String why) {
        return new CertificateState(FORMAT, Stage.MISSING, null, null, null, false, failures + 1, null, rollbacks, why);
    }

    /** The same step again, later. */
    CertificateState failed(Instant notBefore, String why) {
        return new CertificateState(
                FORMAT,
                stage,
                held,
                last,
                pending,
                newKeyNext,
                Math.min(failures + 1, 1_000_000),
                notBefore,
                rollbacks,
                why);
    }

    /** The same, with something to be told; no step failed. */
    CertificateState told(@Nullable String what) {
        return new CertificateState(FORMAT, stage, held, last, pending, newKeyNext, failures, retryAt, rollbacks, what);
    }

    CertificateState withoutPause() {
        return new CertificateState(FORMAT, stage, held, last, pending, newKeyNext, failures, null, rollbacks, problem);
    }
}
