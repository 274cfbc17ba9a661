package dev.certfleet.server.ocsp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.certfleet.pki.der.DerException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The reader of requests; through the listener's real port it is tested with StatusListenerTest. */
class OcspRequestTest {
    /** {@code openssl ocsp -issuer … -serial …}, with a nonce. */
    private static final byte[] WITH_NONCE = HexFormat.of()
            .parseHex("30753073304e304c304a300906052b0e03021a050004140102030405060708090a0b0c0d0e0f10111213140414"
                    + "1112131415161718191a1b1c1d1e1f2021222324021100f102030405060708090a0b0c0d0e0f10a221301f301d"
                    + "06092b06010505073001020410040e000102030405060708090a0b0c0d");

    @Test
    void readsWhatIsAskedAndTheNonceAsItCame() throws DerException {
        OcspRequest request = OcspRequest.read(WITH_NONCE);

        assertThat(request.certificates()).hasSize(1);
        CertId certId = request.certificates().getFirst();
        assertThat(certId.hashAlgorithm()).isEqualTo("1.3.14.3.2.26");
        assertThat(certId.serial().toString(16)).isEqualTo("f102030405060708090a0b0c0d0e0f10");
        assertThat(certId.der()).startsWith(0x30, 0x4a);
        assertThat(request.nonce()).hasSize(16).startsWith(4, 14);
    }

    @Test
    void cutOffAnywhereItIsNoRequest() {
        for (int length = 0; length < WITH_NONCE.length; length++) {
            byte[] part = Arrays.copyOf(WITH_NONCE, length);
            assertThatThrownBy(() -> OcspRequest.read(part)).isInstanceOf(DerException.class);
        }
    }

    @Test
    void changedAnywhereItIsReadOrRefusedAndNothingElse() {
        Random random = new Random(1);
        int read = 0;
        for (int i = 0; i < 200_000; i++) {
            byte[] changed = WITH_NONCE.clone();
            for (int j = random.nextInt(3); j >= 0; j--) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
            }
            try {
                OcspRequest.read(changed);
                read++;
            } catch (DerException e) {
                // as it should be
            }
        }
        assertThat(read).isPositive();
    }
}
