package dev.certfleet.server.ocsp;

import dev.certfleet.server.signing.OcspResponseData;
import dev.certfleet.server.signing.OcspResponseData.CertStatus;
import dev.certfleet.server.signing.OcspResponseData.SingleResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An answer about one certificate without a nonce: its times and its signature. All else of it is known, so that the whole
 * is put together when somebody asks. Times are kept in seconds since 1970, unsigned in 32 bits, which lasts until 2106.
 */
final class SignedAnswer {
    private final Responder responder;
    private final CertStatus status;
    private final int producedAt;
    private final int thisUpdate;
    private final int nextUpdate;
    private final byte[] signature;

    private SignedAnswer(
            Responder responder,
            CertStatus status,
            Instant producedAt,
            Instant thisUpdate,
            Instant nextUpdate,
            byte[] signature) {
        this.responder = responder;
        this.status = status;
        this.producedAt = (int) producedAt.getEpochSecond();
        this.thisUpdate = (int) thisUpdate.getEpochSecond();
        this.nextUpdate = (int) nextUpdate.getEpochSecond();
        this.signature = signature;
    }

    /** Signs what is said of a certificate. */
    static SignedAnswer sign(
            Responder responder,
            byte[] certId,
            KnownCertificate certificate,
            CertStatus status,
            Instant producedAt,
            Instant thisUpdate,
            Instant nextUpdate) {
        byte[] signature =
                responder.signer().signature(data(certId, certificate, status, producedAt, thisUpdate, nextUpdate));
        return new SignedAnswer(responder, status, producedAt, thisUpdate, nextUpdate, signature);
    }

    /** The OCSPResponse, DER. */
    byte[] der(byte[] certId, KnownCertificate certificate) {
        return responder
                .signer()
                .assembled(
                        data(certId, certificate, status, instant(producedAt), thisUpdate(), nextUpdate()), signature);
    }

    private static OcspResponseData data(
            byte[] certId,
            KnownCertificate certificate,
            CertStatus status,
            Instant producedAt,
            Instant thisUpdate,
            Instant nextUpdate) {
        return new OcspResponseData(
                producedAt,
                List.of(new SingleResponse(
                        certId, status, thisUpdate, nextUpdate, archiveCutoff(certificate, producedAt))),
                null);
    }

    /** RFC 6960 section 4.4.4: producedAt minus the retention interval, for a certificate that has ended. */
    static @Nullable Instant archiveCutoff(KnownCertificate certificate, Instant producedAt) {
        return producedAt.getEpochSecond() > certificate.notAfter() ? producedAt.minus(OcspResponder.ARCHIVE) : null;
    }

    /** Whether it says this status, in this responder's name, and may still be believed. */
    boolean holds(CertStatus said, Responder current, Instant now) {
        return says(said, current) && now.getEpochSecond() < Integer.toUnsignedLong(nextUpdate);
    }

    /** Whether one that is signed now would say no more than this. */
    boolean isYoung(CertStatus said, Responder current, Instant known, Duration young) {
        return says(said, current) && Duration.between(thisUpdate(), known).compareTo(young) < 0;
    }

    /** The very same status: an answer from before a hold is not one from after its release. */
    @SuppressWarnings("ReferenceEquality")
    private boolean says(CertStatus said, Responder current) {
        return status == said && responder == current;
    }

    Instant producedAt() {
        return instant(producedAt);
    }

    Instant thisUpdate() {
        return instant(thisUpdate);
    }

    Instant nextUpdate() {
        return instant(nextUpdate);
    }

    byte[] signature() {
        return signature;
    }

    private static Instant instant(int seconds) {
        return Instant.ofEpochSecond(Integer.toUnsignedLong(seconds));
    }
}
