package dev.certfleet.agent.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.RevocationReason;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PushedListTest {
    /** What the CEL parser takes (cel-go's default limit, in code points). */
    private static final int LONGEST_EXPRESSION = 100_000;

    private static final Instant NOW = Instant.parse("2026-11-24T08:00:00Z");

    private static Credential refused(long number, Instant notAfter) {
        return Credential.issued(new Fingerprint(number, number, 0, 0), BigInteger.valueOf(number), "ca", notAfter)
                .revoked(RevocationReason.UNSPECIFIED, NOW);
    }

    @Test
    void listsWhatIsRefusedAndAliveInOrder() {
        Credential good = Credential.issued(new Fingerprint(1, 1, 0, 0), BigInteger.ONE, "ca", NOW.plusSeconds(60));
        PushedList list = PushedList.of(
                List.of(
                        refused(3, NOW.plusSeconds(60)),
                        refused(2, NOW.plusSeconds(60)),
                        refused(4, NOW.minusSeconds(1)),
                        good),
                NOW);

        assertThat(list.ids()).containsExactly("00000000000000020000000000000002", "00000000000000030000000000000003");
        assertThat(list.leftOut()).isZero();
        assertThat(list.expressions()).singleElement().asString().contains("'" + String.join(" ", list.ids()) + "'");
    }

    @Test
    void takesAsManyExpressionsAsTheParserNeeds() {
        List<Credential> many = new ArrayList<>();
        for (int i = 0; i < 2 * PushedList.IDS_IN_ENTRY + 1; i++) {
            many.add(refused(i, NOW.plusSeconds(60)));
        }

        PushedList list = PushedList.of(many, NOW);

        assertThat(list.expressions()).hasSize(3).allMatch(text -> text.length() < LONGEST_EXPRESSION - 400);
    }

    @Test
    void leavesOutWhatEndsFirstAndSaysHowMany() {
        List<Credential> many = new ArrayList<>();
        for (int i = 0; i < PushedList.MAX_IDS; i++) {
            many.add(refused(i + 10, NOW.plus(Duration.ofDays(2))));
        }
        many.add(refused(1, NOW.plus(Duration.ofDays(1))));
        many.add(refused(2, NOW.plus(Duration.ofDays(3))));

        PushedList list = PushedList.of(many, NOW);

        assertThat(list.leftOut()).isEqualTo(2);
        assertThat(list.expressions()).hasSize(PushedList.MAX_ENTRIES);
        assertThat(list.ids())
                .contains("00000000000000020000000000000002")
                .doesNotContain("00000000000000010000000000000001");
    }

    @Test
    void marksEachConfigurationSoThatALoadedOneCanBeToldFromTheNext() {
        GateFiles files = new GateFiles(
                java.nio.file.Path.of("/etc/gate"), java.nio.file.Path.of("/etc/gate/ca.crt"), GateSettings.DEFAULT);
        GateFiles.Configuration empty = files.authorizationConfiguration(PushedList.EMPTY);
        GateFiles.Configuration one =
                files.authorizationConfiguration(PushedList.of(List.of(refused(2, NOW.plusSeconds(60))), NOW));

        assertThat(empty.text()).contains("id == '" + empty.marker() + "'");
        assertThat(one.marker()).isNotEqualTo(empty.marker());
        assertThat(files.authorizationConfiguration(PushedList.EMPTY)).isEqualTo(empty);
    }
}
