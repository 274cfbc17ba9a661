package dev.certfleet.server.x509;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigInteger;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SerialTest {
    @Test
    void isAlwaysSixteenOctetsWithoutLeadingZero() {
        Set<Serial> seen = new HashSet<>();
        for (int i = 0; i < 2000; i++) {
            Serial serial = Serial.random(Keys.RANDOM);
            assertThat(serial.bytes()).hasSize(16);
            assertThat(serial.bytes()[0]).isNotZero();
            assertThat(serial.hex()).hasSize(32);
            assertThat(Serial.parse(serial.hex())).isEqualTo(serial).isEqualTo(Serial.of(serial.bytes()));
            seen.add(serial);
        }
        assertThat(seen).hasSize(2000);
    }

    @Test
    void staysPositiveWithItsTopBitSet() {
        Serial serial = Serial.parse("ff000000000000000000000000000001");
        assertThat(serial.value().signum()).isPositive();
        assertThat(serial.value().toByteArray()).hasSize(17);
    }

    @Test
    void takesShorterOnesOfOthersAndKeepsThemInSixteenOctets() {
        Serial serial = Serial.parse("3b00f1");
        assertThat(serial.value()).isEqualTo(BigInteger.valueOf(0x3b00f1));
        assertThat(serial.bytes()).hasSize(16);
        assertThat(serial.hex()).isEqualTo("000000000000000000000000003b00f1");
        assertThat(Serial.parse(serial.hex())).isEqualTo(serial).isEqualTo(Serial.of(serial.bytes()));
    }

    @Test
    void refusesWhatIsNoSerial() {
        assertThatIllegalArgumentException().isThrownBy(() -> Serial.parse(""));
        assertThatIllegalArgumentException().isThrownBy(() -> Serial.parse("00"));
        assertThatIllegalArgumentException().isThrownBy(() -> Serial.parse("0".repeat(32) + "1"));
        assertThatIllegalArgumentException().isThrownBy(() -> Serial.of(new byte[] {1}));
        assertThatIllegalArgumentException().isThrownBy(() -> Serial.parse("zz000000000000000000000000000001"));
        assertThatIllegalArgumentException().isThrownBy(() -> Serial.of(new byte[16]));
        assertThatIllegalArgumentException().isThrownBy(() -> new Serial(BigInteger.ONE.negate()));
        assertThatIllegalArgumentException().isThrownBy(() -> new Serial(BigInteger.ONE.shiftLeft(128)));
    }
}
