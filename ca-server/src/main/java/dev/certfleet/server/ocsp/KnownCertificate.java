package dev.certfleet.server.ocsp;

import dev.certfleet.server.signing.OcspResponseData.CertStatus;
import org.jspecify.annotations.Nullable;

/**
 * A certificate on record: its status, and the answer that was signed ahead. It is its own key in the table, and small: there
 * is one for each certificate that is answered for.
 */
final class KnownCertificate extends SerialKey {
    private final String authority;
    private final long notAfter;
    private volatile CertStatus status;
    private volatile @Nullable SignedAnswer answer;

    /** @param notAfter in seconds since 1970 */
    KnownCertificate(long high, long low, String authority, long notAfter, CertStatus status) {
        super(high, low);
        this.authority = authority;
        this.notAfter = notAfter;
        this.status = status;
    }

    String authority() {
        return authority;
    }

    /** In seconds since 1970. */
    long notAfter() {
        return notAfter;
    }

    CertStatus status() {
        return status;
    }

    /** From here on no answer that was signed for another status counts: an answer belongs to the status it says. */
    void become(CertStatus now) {
        status = now;
    }

    /** What was signed last for the CertID of RFC 5019; whoever takes it has to look whether it says the status of now. */
    @Nullable
    SignedAnswer answer() {
        return answer;
    }

    void keep(SignedAnswer signed) {
        answer = signed;
    }
}
