package dev.certfleet.agent.certificate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.agent.certificate.CertificateState.Held;
import dev.certfleet.agent.certificate.RenewalDecision.Keep;
import dev.certfleet.agent.certificate.RenewalDecision.Renew;
import dev.certfleet.pki.wire.AssignedCertificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RenewalDecisionTest {
    private static final Instant START = Instant.parse("2026-11-24T08:00:00Z");
    private static final Duration LIFE = Duration.ofDays(30);
    private static final Duration KEY_AGE = Duration.ofDays(90);

    @Test
    void isDueAtTwoThirdsOfItsLifeAtTheLatest() {
        assertThat(RenewalDecision.dueAt(held("00000000"))).isEqualTo(START.plus(Duration.ofDays(20)));
        assertThat(RenewalDecision.dueAt(held("ffffffff")))
                .isBetween(START.plus(Duration.ofHours(420)), START.plus(Duration.ofHours(421)));
    }

    @Test
    void keepsUntilThenAndRenewsFromThenOn() {
        Instant due = RenewalDecision.dueAt(held("00000000"));

        assertThat(decide(held("00000000"), wanted(null, "a"), due.minusMillis(1), false))
                .isEqualTo(new Keep(due));
        assertThat(decide(held("00000000"), wanted(null, "a"), due, false)).isInstanceOf(Renew.class);
    }

    @Test
    void countsALifeOfMinutesFromWhenItWasPublished() {
        Held minutes = new Held(
                "00000000",
                "01",
                START.minusSeconds(300),
                START.plusSeconds(60),
                START,
                START,
                wanted(null, "a"),
                null);

        assertThat(RenewalDecision.dueAt(minutes)).isEqualTo(START.plusSeconds(40));
    }

    @Test
    void renewsForOtherNamesButNotForAnotherOrder() {
        Held held = new Held("00000000", "01", START, START.plus(LIFE), START, START, wanted(null, "a", "B"), null);

        assertThat(decide(held, wanted(null, "b", "a"), START, false)).isInstanceOf(Keep.class);
        assertThat(decide(held, wanted(null, "a"), START, false)).isEqualTo(new Renew(false, "its names changed"));
    }

    @Test
    void renewsOnceForEachTimeTheServerAsks() {
        String asked = START.plusSeconds(60).toString();
        Held before = held("00000000");
        Held after = new Held(
                "00000000", "02", START.minusSeconds(200), START.plus(LIFE), START, START, wanted(asked, "a"), null);

        assertThat(decide(before, wanted(asked, "a"), START.plusSeconds(61), false))
                .isInstanceOf(Renew.class);
        assertThat(decide(after, wanted(asked, "a"), START.plusSeconds(99), false))
                .isInstanceOf(Keep.class);
        assertThat(decide(before, wanted(START.minusSeconds(60).toString(), "a"), START, false))
                .isInstanceOf(Keep.class);
        assertThat(decide(before, wanted("soon", "a"), START, false)).isInstanceOf(Keep.class);
    }

    @Test
    void replacesAnOldKeyOnlyWhileNobodyReadsIt() {
        Held held = new Held(
                "00000000", "01", START, START.plus(LIFE), START, START.minus(KEY_AGE), wanted(null, "a"), null);

        assertThat(decide(held, wanted(null, "a"), START, false)).isInstanceOf(Keep.class);
        assertThat(decide(held, wanted(null, "a"), START, true)).isEqualTo(new Renew(true, "its key is 90 days old"));
    }

    private static RenewalDecision decide(Held held, AssignedCertificate wanted, Instant now, boolean freshBoot) {
        return RenewalDecision.decide(held, wanted, now, freshBoot, KEY_AGE);
    }

    private static Held held(String id) {
        return new Held(id, "01", START, START.plus(LIFE), START, START, wanted(null, "a"), null);
    }

    private static AssignedCertificate wanted(@Nullable String renewBefore, String... names) {
        return new AssignedCertificate("etcd-server", "p256", "n1", List.of(names), List.of(), renewBefore);
    }
}
