package dev.certfleet.server.ocsp;

import java.time.Instant;

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
     */
    record Signed(byte[] der, Instant thisUpdate, Instant nextUpdate, boolean cacheable) implements OcspAnswer {}

    /** An error; errors are not signed (RFC 6960 section 2.3). */
    record Failed(OcspError error) implements OcspAnswer {
        @Override
        public byte[] der() {
            return error.der();
        }
    }
}
