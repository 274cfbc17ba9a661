package dev.certfleet.server.ocsp;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What an OCSP request is answered with. */
public sealed interface OcspAnswer {
    /** The OCSPResponse, DER. */
    byte[] der();

    /**
     * A successful, signed response.
     *
     * @param thisUpdate when what it says was known to be so
     * @param nextUpdate until when it may be believed
     * @param cacheable whether it answers whoever asks the same: it does unless it carries a nonce
     * @param validator what a cache compares; null for an answer that is signed anew each time
     */
    record Signed(
            byte[] der,
            Instant thisUpdate,
            Instant nextUpdate,
            boolean cacheable,
            @Nullable Validator validator) implements OcspAnswer {}

    /**
     * What tells an answer from any other about the same certificate.
     *
     * @param signature no two answers have the same
     * @param producedAt when it was signed, in whole seconds, rounded down
     * @param revoked whether it says {@code revoked}
     */
    record Validator(byte[] signature, Instant producedAt, boolean revoked) {}

    /** An error; errors are not signed (RFC 6960 section 2.3). */
    record Failed(OcspError error) implements OcspAnswer {
        @Override
        public byte[] der() {
            return error.der();
        }
    }
}
