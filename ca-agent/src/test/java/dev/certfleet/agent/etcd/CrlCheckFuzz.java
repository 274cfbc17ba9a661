package dev.certfleet.agent.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.agent.etcd.CrlRefused.Reason;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.crl.RevocationList;
import dev.certfleet.pki.der.DerException;
import dev.certfleet.pki.testing.Allocation;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Whatever comes over plain HTTP, etcd's CRL says what its authority signed or is not published: whatever is changed in the
 * files this starts from, which OpenSSL signed with a key that nobody has. What is older than the published one, or about
 * a part only, is not published either.
 */
public final class CrlCheckFuzz {
    private static final String URL = "http://ca/crl/etcd.crl";
    private static final Instant NOW = Instant.parse("2026-11-24T00:00:00Z");
    private static final X509Certificate AUTHORITY = authority();

    /** By what is signed, the CRL's number. */
    private static final Map<String, BigInteger> SIGNED = new TreeMap<>();

    private static final RevocationList PUBLISHED = signed("full", 6);

    static {
        signed("empty", 5);
        signed("distribution-point", 7);
        signed("indirect", 8);
    }

    private CrlCheckFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        for (Optional<RevocationList> published : List.of(Optional.<RevocationList>empty(), Optional.of(PUBLISHED))) {
            CrlCheck check = new CrlCheck(List.of(AUTHORITY), URL, published);
            RevocationList list;
            try {
                list = Allocation.bounded(data.length, () -> check.check(data, NOW));
            } catch (CrlRefused e) {
                assertThat(e.getMessage()).doesNotContainPattern("[\\x00-\\x1f\\x7f]");
                assertThat(e.reason()).isNotIn(Reason.LOCKS_OUT, Reason.TOO_LARGE);
                continue;
            }
            assertThat(list.encoded()).isEqualTo(data);
            BigInteger number = SIGNED.get(contents(list));
            assertThat(number).isNotNull().isEqualTo(list.number().orElseThrow());
            published
                    .flatMap(RevocationList::number)
                    .ifPresent(before -> assertThat(number).isGreaterThanOrEqualTo(before));
        }
    }

    private static String contents(RevocationList list) {
        return HexFormat.of().formatHex(list.signature().signed());
    }

    private static RevocationList signed(String name, long number) {
        try {
            RevocationList list =
                    RevocationList.parse(resource("/fuzz/CrlCheckFuzz/" + name + ".der"), CrlCheck.MAX_SIZE);
            SIGNED.put(contents(list), BigInteger.valueOf(number));
            return list;
        } catch (DerException e) {
            throw new IllegalStateException(e);
        }
    }

    private static X509Certificate authority() {
        try {
            return Certificates.parse(resource("fuzz-authority.der"));
        } catch (CertificateException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] resource(String name) {
        try (InputStream file = Objects.requireNonNull(CrlCheckFuzz.class.getResourceAsStream(name), name)) {
            return file.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
