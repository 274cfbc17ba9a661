package dev.certfleet.agent.identity;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.certificate.KeyPairs;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.Pem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A key that is sealed is not on disk, and opens with the TPM that sealed it alone. */
class TpmKeySealTest {
    private final SecureRandom random = new SecureRandom();
    private final MemoryTpm tpm = new MemoryTpm();
    private final TpmKeySeal seal = new TpmKeySeal(tpm, random);
    private final String key = KeyPairs.encode(KeyPairs.generate(KeyAlgorithm.P256, random));

    @TempDir
    private Path folder;

    @Test
    void keepsTheKeyOffTheDisk() throws Exception {
        IdentityFolder identities = new IdentityFolder(folder.resolve("identity"), seal);
        identities.writeNextKey(key);

        String stored = Files.readString(folder.resolve("identity/next.key"), US_ASCII);

        assertThat(stored).startsWith("-----BEGIN CERTFLEET SEALED KEY-----").doesNotContain("PRIVATE KEY");
        assertThat(identities.nextKey()).contains(key);
    }

    @Test
    void keepsWhatFollowsTheKey() {
        String certificate = Pem.encode(Pem.CERTIFICATE, new byte[] {1});

        assertThat(seal.open(seal.seal(key) + certificate)).isEqualTo(key + certificate);
    }

    @Test
    void asksTheTpmOnceForTheSameKey() {
        String sealed = seal.seal(key);

        seal.open(sealed);
        seal.open(sealed);

        assertThat(tpm.unsealed).isEqualTo(1);
    }

    @Test
    void opensWithNoOtherTpmAndWithoutNone() {
        String sealed = seal.seal(key);

        assertThatThrownBy(() -> new TpmKeySeal(new MemoryTpm(), random).open(sealed))
                .isInstanceOf(Trouble.class)
                .hasMessageContaining("enrol --again");
        assertThatThrownBy(() -> KeySeal.NONE.open(sealed))
                .isInstanceOf(Trouble.class)
                .hasMessageContaining("set enrolment.tpm");
    }

    @Test
    void noticesDamage() {
        byte[] block = KeySeal.block(seal.seal(key));
        for (int length = 0; length < block.length; length += 9) {
            String cut = Pem.encode(KeySeal.LABEL, Arrays.copyOf(block, length));
            assertThatThrownBy(() -> seal.open(cut)).isInstanceOf(Trouble.class);
        }
        block[block.length - 20] ^= 1;
        assertThatThrownBy(() -> seal.open(Pem.encode(KeySeal.LABEL, block)))
                .isInstanceOf(Trouble.class)
                .hasMessageContaining("damaged");
    }

    @Test
    void takesAKeyFromBeforeTheTpmWasSet() {
        assertThat(seal.open(key)).isEqualTo(key);
    }
}
