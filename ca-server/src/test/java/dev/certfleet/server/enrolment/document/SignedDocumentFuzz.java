package dev.certfleet.server.enrolment.document;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.testing.Allocation;
import java.nio.charset.StandardCharsets;

/** A document or JWK set of any kind is read or refused; nothing that is read counts as signed by a key that did not sign it. */
public final class SignedDocumentFuzz {
    private static final IssuerKeys KEYS = keys();

    private SignedDocumentFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        String text = new String(data, StandardCharsets.UTF_8);
        Allocation.bounded(data.length, () -> {
            try {
                SignedDocument document = SignedDocument.read(text);
                assertThat(document.issuer()).isNotNull();
                assertThat(document.verified(KEYS)).isEmpty();
            } catch (DocumentFormatException e) {
                assertThat(e).hasMessageNotContaining("null");
            }
            return true;
        });
        try {
            IssuerKeys.read(text);
        } catch (DocumentFormatException e) {
            assertThat(e).hasMessageNotContaining("null");
        }
    }

    /** The key of RFC 8037 appendix A.2, whose private half is public: none of the inputs is signed by it. */
    private static IssuerKeys keys() {
        try {
            return IssuerKeys.read("{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
                    + "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}");
        } catch (DocumentFormatException e) {
            throw new IllegalStateException(e);
        }
    }
}
