package dev.certfleet.server.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.testing.Allocation;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Any path gives octets or none, and never an exception; every way in which clients write a request into a path (RFC 6960
 * appendix A.1) gives that request.
 */
public final class OcspPathFuzz {
    private OcspPathFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        String path = new String(data, StandardCharsets.ISO_8859_1);
        byte[] decoded = Allocation.bounded(path.length(), () -> OcspEndpoint.decode(path));
        if (decoded != null) {
            assertThat(decoded).hasSizeBetween(1, path.length());
        }
        if (data.length == 0) {
            return;
        }
        // A slash at the front is one that a proxy joined, or the path's own; an OCSP request begins with 0x30, "M".
        String base64 = Base64.getEncoder().encodeToString(data);
        if (!base64.startsWith("/")) {
            assertThat(OcspEndpoint.decode("/" + base64)).isEqualTo(data);
            assertThat(OcspEndpoint.decode("//" + base64)).isEqualTo(data);
            assertThat(OcspEndpoint.decode("/" + base64.replace("/", "%2f").replace("+", "%2b")))
                    .isEqualTo(data);
        }
        assertThat(OcspEndpoint.decode("/" + URLEncoder.encode(base64, StandardCharsets.US_ASCII)))
                .isEqualTo(data);
    }
}
