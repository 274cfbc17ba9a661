package dev.certfleet.server.x509;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.server.x509.DebianBlocklistTool.Curve;
import dev.certfleet.server.x509.DebianRandom.Machine;
import dev.certfleet.server.x509.DebianRandom.SeedFile;
import java.io.StringReader;
import java.math.BigInteger;
import java.security.interfaces.RSAPublicKey;
import java.util.Random;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DebianBlocklistTest {
    private static final DebianBlocklist BUILT_IN = DebianBlocklist.builtIn();

    /** The first 64 bits of private keys that the real, broken OpenSSL made, as the badkeys project published them. */
    @ParameterizedTest
    @CsvSource({
        "P256, LE64, PRESENT,        1, e0fc1db2bfa4f66d",
        "P256, LE64, ABSENT_OLD,     1, 376719fc7ec4749b",
        "P256, LE64, ABSENT_NEW,     1, 0b7ccd3c9fef9d8b",
        "P256, LE32, PRESENT,        1, 60e92e7f4344c304",
        "P256, LE32, ABSENT_OLD, 32767, 8ea8b08164a34fb5",
        "P256, BE32, PRESENT,        1, 4e8b09e965165d3d",
        "P256, BE32, ABSENT_OLD, 32767, 44038b4e8caafac8",
        "P384, LE64, PRESENT,        0, 9184e4e1fe9dba36",
        "P384, LE32, ABSENT_NEW,  4242, 5619f116a3ea13bd",
        "P384, BE32, ABSENT_NEW,  4242, b76df70f5a6803bb"
    })
    void computesTheKeysThatWereSeen(Curve curve, Machine machine, SeedFile seedFile, int pid, String beginning) {
        BigInteger secret = DebianBlocklistTool.privateKey(curve, machine, seedFile, pid);
        int bits = curve == Curve.P256 ? 256 : 384;
        assertThat(secret.shiftRight(bits - 64)).isEqualTo(new BigInteger(beginning, 16));
    }

    @Test
    void holdsAllKeysOfBothCurves() {
        assertThat(BUILT_IN.size()).isEqualTo(2 * 3 * 3 * 32768);
        Random random = new Random(7);
        for (Curve curve : Curve.values()) {
            for (Machine machine : Machine.values()) {
                for (SeedFile seedFile : SeedFile.values()) {
                    for (int i = 0; i < 20; i++) {
                        assertThat(BUILT_IN.contains(key(curve, machine, seedFile, random.nextInt(32768))))
                                .isTrue();
                    }
                }
            }
        }
    }

    @Test
    void holdsNoOtherKeys() {
        for (int i = 0; i < 100; i++) {
            assertThat(BUILT_IN.contains(Keys.info(Keys.generate(KeyAlgorithm.P256))))
                    .isFalse();
        }
        assertThat(BUILT_IN.contains(key(Curve.P256, Machine.LE64, SeedFile.PRESENT, 32768)))
                .isFalse();
    }

    @Test
    void takesRsaListsInDebiansFormat() throws Exception {
        SubjectPublicKeyInfo rsa = Keys.info(Keys.of(KeyAlgorithm.RSA3072));
        BigInteger modulus = ((RSAPublicKey) Keys.of(KeyAlgorithm.RSA3072).getPublic()).getModulus();
        String line = DebianBlocklist.entryOf(modulus);
        assertThat(BUILT_IN.contains(rsa)).isFalse();

        DebianBlocklist more = BUILT_IN.with(new StringReader("# 3072 bits\n" + line + "\n\n"));

        assertThat(more.contains(rsa)).isTrue();
        assertThat(more.size()).isEqualTo(BUILT_IN.size() + 1);
        assertThatIllegalArgumentException().isThrownBy(() -> BUILT_IN.with(new StringReader(line + "0")));
    }

    /** {@code printf 'Modulus=C0FFEE\n' | sha1sum | cut -c 21-40} */
    @Test
    void hashesModuliAsOpensslVulnkeyDoes() {
        assertThat(DebianBlocklist.entryOf(BigInteger.valueOf(0xC0FFEE))).isEqualTo("6149ed99475722f13e18");
    }

    private static SubjectPublicKeyInfo key(Curve curve, Machine machine, SeedFile seedFile, int pid) {
        return DebianBlocklistTool.publicKey(curve, DebianBlocklistTool.privateKey(curve, machine, seedFile, pid));
    }
}
