package dev.certfleet.server.enrolment.tpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a TPM implementation made (libtpms by tpm2-tools; {@code src/test/resources/tpm}) reads as what it is, and nothing less does. */
class TpmStructuresTest {
    @ParameterizedTest
    @ValueSource(strings = {"ek-rsa.pub", "ek-ecc.pub"})
    void readsEndorsementKeys(String file) throws Exception {
        TpmPublicKey key = TpmPublicKey.read(read(file));

        assertThat(key.isEndorsementKey()).isTrue();
        assertThat(key.isAttestationKey()).isFalse();
        assertThat(key.encoded()).isEqualTo(read(file));
    }

    @Test
    void readsAnAttestationKeyByTheNameThatItsTpmGivesIt() throws Exception {
        TpmPublicKey key = TpmPublicKey.read(read("ak.pub"));

        assertThat(key.isAttestationKey()).isTrue();
        assertThat(key.isEndorsementKey()).isFalse();
        assertThat(HexFormat.of().formatHex(key.name()))
                .isEqualTo("000bf3a6a2559e04e1911f483ef666cdf3c38ae5c0b3a81bb81aa9ef5639fe5d22b1");
    }

    @Test
    void verifiesAQuote() throws Exception {
        TpmPublicKey key = TpmPublicKey.read(read("ak.pub"));
        TpmQuote quote = TpmQuote.read(read("quote.attest"));
        byte[] changed = read("quote.attest");
        changed[60] ^= 1;

        assertThat(HexFormat.of().formatHex(quote.qualifyingData())).isEqualTo("aa".repeat(32));
        assertThat(quote.isSignedBy(key, read("quote.sig"))).isTrue();
        assertThat(TpmQuote.read(changed).isSignedBy(key, read("quote.sig"))).isFalse();
        assertThatThrownBy(() -> quote.isSignedBy(TpmPublicKey.read(read("ek-rsa.pub")), read("quote.sig")))
                .isInstanceOf(TpmFormatException.class);
    }

    @Test
    void refusesEveryTruncationAndWhatFollows() throws Exception {
        for (String file : new String[] {"ek-rsa.pub", "ek-ecc.pub", "ak.pub"}) {
            byte[] whole = read(file);
            for (int length = 0; length < whole.length; length++) {
                byte[] cut = Arrays.copyOf(whole, length);
                assertThatThrownBy(() -> TpmPublicKey.read(cut)).isInstanceOf(TpmFormatException.class);
            }
            assertThatThrownBy(() -> TpmPublicKey.read(Arrays.copyOf(whole, whole.length + 1)))
                    .isInstanceOf(TpmFormatException.class);
        }
        byte[] quote = read("quote.attest");
        for (int length = 0; length < quote.length; length++) {
            byte[] cut = Arrays.copyOf(quote, length);
            assertThatThrownBy(() -> TpmQuote.read(cut)).isInstanceOf(TpmFormatException.class);
        }
    }

    @Test
    void refusesAPointOffTheCurve() throws Exception {
        byte[] key = read("ek-ecc.pub");
        key[key.length - 1] ^= 1;

        assertThatThrownBy(() -> TpmPublicKey.read(key))
                .isInstanceOf(TpmFormatException.class)
                .hasMessageContaining("not on its curve");
    }

    static byte[] read(String name) throws IOException {
        try (InputStream file =
                Objects.requireNonNull(TpmStructuresTest.class.getResourceAsStream("/tpm/" + name), name)) {
            return file.readAllBytes();
        }
    }
}
