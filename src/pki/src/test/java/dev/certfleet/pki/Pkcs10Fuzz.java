package dev.certfleet.pki;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.testing.TestAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;

/**
 * The names in a request come from the server's assignment. Whatever they are, the request has just these names where
 * Bouncy Castle reads it, or it is not made.
 */
public final class Pkcs10Fuzz {
    private static final KeyPair KEYS = TestAuthority.keyPair(KeyAlgorithm.ED25519);

    private Pkcs10Fuzz() {}

    /** Four lines: the common name; organizations, DNS names and addresses with commas between. */
    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        String[] lines = new String(data, StandardCharsets.UTF_8).split("\n", 4);
        String commonName = lines[0];
        List<String> organizations = list(lines, 1);
        List<String> dnsNames = list(lines, 2);
        List<String> addresses = list(lines, 3);
        byte[] der;
        try {
            der = Pkcs10.request(KEYS, KeyAlgorithm.ED25519, commonName, organizations, dnsNames, addresses);
        } catch (IllegalArgumentException e) {
            return;
        }
        PKCS10CertificationRequest request = new PKCS10CertificationRequest(der);
        assertThat(request.getEncoded()).isEqualTo(der);
        assertThat(values(
                        request.getSubject(),
                        rdn -> BCStyle.CN.equals(rdn.getFirst().getType())))
                .containsExactly(commonName);
        assertThat(values(
                        request.getSubject(),
                        rdn -> BCStyle.O.equals(rdn.getFirst().getType())))
                .isEqualTo(organizations);
        GeneralName[] names = names(request);
        assertThat(names).hasSize(dnsNames.size() + addresses.size());
        for (int i = 0; i < dnsNames.size(); i++) {
            assertThat(names[i].getTagNo()).isEqualTo(GeneralName.dNSName);
            assertThat(names[i].getName()).hasToString(dnsNames.get(i));
        }
        for (int i = 0; i < addresses.size(); i++) {
            assertThat(names[dnsNames.size() + i])
                    .isEqualTo(new GeneralName(
                            GeneralName.iPAddress,
                            new org.bouncycastle.asn1.DEROctetString(
                                    InetAddress.ofLiteral(addresses.get(i)).getAddress())));
        }
    }

    private static List<String> list(String[] lines, int line) {
        if (lines.length <= line) {
            return List.of();
        }
        return Arrays.stream(lines[line].split(","))
                .filter(name -> !name.isEmpty())
                .toList();
    }

    private static List<String> values(X500Name name, Predicate<RDN> filter) {
        return Arrays.stream(name.getRDNs())
                .filter(filter)
                .map(rdn -> ((DERUTF8String) rdn.getFirst().getValue()).getString())
                .toList();
    }

    private static GeneralName[] names(PKCS10CertificationRequest request) {
        Extensions extensions = request.getRequestedExtensions();
        return extensions == null
                ? new GeneralName[0]
                : GeneralNames.fromExtensions(extensions, Extension.subjectAlternativeName)
                        .getNames();
    }
}
