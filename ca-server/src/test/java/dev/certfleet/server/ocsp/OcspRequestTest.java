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
        assertThat(certId.beginning()).hasSize(55).startsWith(0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0, 4, 0x14, 1);
        assertThat(certId.serial()).isEqualTo(new SerialKey(0xf102030405060708L, 0x090a0b0c0d0e0f10L));
        assertThat(certId.der()).startsWith(0x30, 0x4a);
        assertThat(request.nonce()).hasSize(16).startsWith(4, 14);
    }

    /** The same without a nonce, and with a serial that needs no padding. */
    private static final byte[] PLAIN = HexFormat.of()
            .parseHex("3051304f304d304b3049300906052b0e03021a050004140102030405060708090a0b0c0d0e0f10111213140414"
                    + "1112131415161718191a1b1c1d1e1f202122232402107102030405060708090a0b0c0d0e0f10");

    @Test
    void plainRequestIsReadAtAGlanceAsItWouldBeInFull() throws DerException {
        CertId certId = OcspRequest.plain(PLAIN);
        CertId read = OcspRequest.read(PLAIN).certificates().getFirst();

        assertThat(certId).usingRecursiveComparison().isEqualTo(read);
        assertThat(read.serial()).isEqualTo(new SerialKey(0x7102030405060708L, 0x090a0b0c0d0e0f10L));
        assertThat(OcspRequest.plain(WITH_NONCE)).isNull();
    }

    /** What has the look of a plain request and is none is not told apart by it, but by the issuer that it names. */
    @Test
    void whatIsReadAtAGlanceHasTheSerialThatIsReadInFull() {
        Random random = new Random(2);
        int plain = 0;
        for (int i = 0; i < 200_000; i++) {
            byte[] changed = PLAIN.clone();
            changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
            CertId glance = OcspRequest.plain(changed);
            try {
                CertId read = OcspRequest.read(changed).certificates().getFirst();
                if (glance != null) {
                    plain++;
                    assertThat(isSame(glance, read)).isTrue();
                }
            } catch (DerException e) {
                assertThat(glance == null || !Arrays.equals(glance.beginning(), beginning()))
                        .isTrue();
            }
        }
        assertThat(plain).isPositive();
    }

    private static boolean isSame(CertId one, CertId other) {
        return Arrays.equals(one.der(), other.der())
                && Arrays.equals(one.beginning(), other.beginning())
                && one.serial() != null
                && one.serial().equals(other.serial());
    }

    private static byte[] beginning() {
        return Arrays.copyOfRange(PLAIN, 10, PLAIN.length - 18);
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
