package dev.certfleet.pki;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.testing.Allocation;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;

/**
 * PEM reads to blocks or is refused as documented; what is read is written so that it, and Bouncy Castle, read the same
 * again. Certificates in it are their DER, octet by octet.
 */
public final class PemFuzz {
    private PemFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        String text = new String(data, StandardCharsets.UTF_8);
        List<Pem> blocks;
        try {
            blocks = Allocation.bounded(text.length(), () -> Pem.decode(text));
        } catch (IllegalArgumentException e) {
            return;
        }
        StringBuilder written = new StringBuilder();
        for (Pem block : blocks) {
            written.append(Pem.encode(block.label(), block.contents()));
        }
        List<Pem> again = Pem.decode(written.toString());
        PemReader theirs = new PemReader(new StringReader(written.toString()));
        assertThat(again).hasSameSizeAs(blocks);
        for (int i = 0; i < blocks.size(); i++) {
            assertThat(again.get(i).label()).isEqualTo(blocks.get(i).label());
            assertThat(again.get(i).contents()).isEqualTo(blocks.get(i).contents());
            PemObject same = theirs.readPemObject();
            assertThat(same.getType()).isEqualTo(blocks.get(i).label());
            assertThat(same.getContent()).isEqualTo(blocks.get(i).contents());
        }
        certificates(text, blocks);
    }

    private static void certificates(String text, List<Pem> blocks) {
        List<X509Certificate> certificates;
        try {
            certificates = Certificates.parse(text);
        } catch (CertificateException e) {
            return;
        }
        List<byte[]> encodings = blocks.stream()
                .filter(block -> block.label().equals(Pem.CERTIFICATE))
                .map(Pem::contents)
                .toList();
        assertThat(certificates).hasSameSizeAs(encodings);
        for (int i = 0; i < encodings.size(); i++) {
            assertThat(Certificates.der(certificates.get(i))).isEqualTo(encodings.get(i));
        }
    }
}
