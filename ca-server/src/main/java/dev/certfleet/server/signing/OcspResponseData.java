package dev.certfleet.server.signing;

import dev.certfleet.pki.RevocationReason;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an OCSP responder says and signs: ResponseData of RFC 6960 section 4.2.1. Times are written in whole seconds, rounded
 * down.
 *
 * @param producedAt when it is signed
 * @param responses one for each certificate that was asked for, in that order
 * @param nonce the value of the request's nonce extension, to be sent back as it came (RFC 9654); null where there was none
 */
public record OcspResponseData(Instant producedAt, List<SingleResponse> responses, byte @Nullable [] nonce) {

    public OcspResponseData {
        responses = List.copyOf(responses);
    }

    /**
     * What is said of one certificate.
     *
     * @param certId the CertID, DER, exactly as it was asked
     * @param status what is on record
     * @param thisUpdate when that was known to be so
     * @param nextUpdate until when it may be believed
     * @param archiveCutoff since when certificates that ended are still answered for (RFC 6960 section 4.4.4); null for one
     *     that has not ended
     */
    public record SingleResponse(
            byte[] certId,
            CertStatus status,
            Instant thisUpdate,
            Instant nextUpdate,
            @Nullable Instant archiveCutoff) {}

    /** The status of one certificate. */
    public sealed interface CertStatus {
        record Good() implements CertStatus {}

        /**
         * @param at when it was revoked
         * @param reason why; {@code unspecified} is said by saying nothing
         * @param invalidityDate when the key is thought to have been lost, a single extension (RFC 6960 section 4.4.5)
         */
        record Revoked(
                Instant at,
                RevocationReason reason,
                @Nullable Instant invalidityDate) implements CertStatus {}

        /** Not a certificate that the responder answers for. */
        record Unknown() implements CertStatus {}
    }
}
