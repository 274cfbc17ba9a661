package dev.certfleet.server.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.schedule.Repeating;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What Prometheus gets to see, in the names that the alert rules use. */
class MonitoringTest {
    private static final Installation INSTALLATION = Installation.shared();

    /** The value of a line with this name and these labels, in any order. */
    private static double value(String name, String... labels) {
        return INSTALLATION
                .bean(PrometheusMeterRegistry.class)
                .scrape()
                .lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .filter(line -> Arrays.stream(labels).allMatch(line::contains))
                .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                .mapToDouble(Double::parseDouble)
                .findFirst()
                .orElse(Double.NaN);
    }

    private static void refresh() {
        INSTALLATION.context.getBean("expiryGaugesRefresh", Repeating.class).once();
    }

    @Test
    void tellsTheEndOfEveryKindOfThing() {
        Authority authority = INSTALLATION.authority(AuthorityKind.KUBERNETES);
        CertificateRecord certificate = INSTALLATION.issue();
        INSTALLATION.get("/ocsp/"
                + new Ocsp()
                        .about(authority.certificate(), certificate.serial())
                        .base64());
        INSTALLATION.get("/crl/" + authority.name() + ".crl");
        refresh();
        double now = INSTALLATION.clock.instant().getEpochSecond();
        String name = "authority=\"" + authority.name() + "\"";

        assertThat(value(
                        "certfleet_authority_not_after_seconds",
                        name,
                        "cluster=\"prod\"",
                        "kind=\"kubernetes\"",
                        "state=\"active\""))
                .isEqualTo((double) authority.notAfter().getEpochSecond());
        assertThat(value(
                        "certfleet_certificates_earliest_not_after_seconds",
                        "cluster=\"prod\"",
                        "profile=\"kubernetes-admin\""))
                .isGreaterThan(now);
        assertThat(value("certfleet_certificates_current", "cluster=\"\"", "profile=\"server-tls\""))
                .isEqualTo(1);
        assertThat(value("certfleet_operator_not_after_seconds", "operator=\"admin\""))
                .isGreaterThan(now);
        assertThat(value("certfleet_crl_this_update_seconds", name)).isBetween(now - 3600, now);
        assertThat(value("certfleet_crl_next_update_seconds", name)).isGreaterThan(now);
        assertThat(value("certfleet_ocsp_responder_not_after_seconds", name)).isGreaterThan(now);
        assertThat(value("certfleet_expiry_refreshed_seconds")).isBetween(now - 60, now + 60);
    }

    @Test
    void countsWhatEndsSoonAndLeavesOutWhatWasReplacedOrRevoked() {
        String[] labels = {"cluster=\"prod\"", "profile=\"kubernetes-super-admin\""};
        issueSuperAdmin(Duration.ofHours(8));
        CertificateRecord newest = issueSuperAdmin(Duration.ofMinutes(30));
        refresh();

        assertThat(value("certfleet_certificates_current", labels)).isEqualTo(1);
        assertThat(value("certfleet_certificates_earliest_not_after_seconds", labels))
                .isEqualTo((double) newest.notAfter().getEpochSecond());
        assertThat(value("certfleet_certificates_ending", labels[0], labels[1], "within=\"1h\""))
                .isEqualTo(1);
        assertThat(value("certfleet_certificates_overdue", labels)).isEqualTo(0);

        INSTALLATION.revoke(newest, RevocationReason.SUPERSEDED);
        refresh();

        assertThat(value("certfleet_certificates_current", labels)).isNaN();
    }

    private static CertificateRecord issueSuperAdmin(Duration lifetime) {
        return INSTALLATION.issue(
                ProfileName.KUBERNETES_SUPER_ADMIN, "O=system:masters,CN=kubernetes-super-admin", lifetime);
    }

    @Test
    void countsIssuanceRevocationAndAnswers() {
        byte[] issuer = INSTALLATION.authority(AuthorityKind.KUBERNETES).certificate();
        double issued = orZero(value("certfleet_certificates_issued_total", "profile=\"kubernetes-admin\""));
        double revoked = orZero(value("certfleet_certificates_revoked_total", "reason=\"keyCompromise\""));
        double good = orZero(value("certfleet_ocsp_answers_total", "result=\"good\""));
        double malformed = orZero(value("certfleet_ocsp_answers_total", "result=\"malformed-request\""));

        CertificateRecord certificate = INSTALLATION.issue();
        INSTALLATION.get(
                "/ocsp/" + new Ocsp().about(issuer, certificate.serial()).base64());
        INSTALLATION.get("/ocsp/AAAA");
        INSTALLATION.revoke(certificate, RevocationReason.KEY_COMPROMISE, Instant.EPOCH);

        assertThat(value("certfleet_certificates_issued_total", "profile=\"kubernetes-admin\""))
                .isEqualTo(issued + 1);
        assertThat(value("certfleet_certificates_revoked_total", "cluster=\"prod\"", "reason=\"keyCompromise\""))
                .isEqualTo(revoked + 1);
        assertThat(value("certfleet_ocsp_answers_total", "result=\"good\"")).isEqualTo(good + 1);
        assertThat(value("certfleet_ocsp_answers_total", "result=\"malformed-request\""))
                .isEqualTo(malformed + 1);
        assertThat(value("certfleet_alarms_total")).isZero();
    }

    @Test
    void tellsHowLongDoorsTakeAndWhichRevocationsWait() throws InterruptedException {
        String[] replica = {"door=\"replica\""};
        double before = value("certfleet_enforcement_lag_seconds_count", replica);
        JdbcClient database = INSTALLATION.bean(JdbcClient.class);
        database.sql("INSERT INTO node (cluster, name, roles, addresses, state, enrolled_at)"
                        + " VALUES ('prod', 'never-proves', '{control-plane}', '{}', 'active', now())")
                .update();
        try {
            INSTALLATION.revoke(INSTALLATION.issue(), RevocationReason.SUPERSEDED);
            INSTALLATION.context.getBean("receiptGauges", Repeating.class).once();
            for (int i = 0; i < 300 && value("certfleet_enforcement_lag_seconds_count", replica) == before; i++) {
                TimeUnit.MILLISECONDS.sleep(100);
            }
        } finally {
            database.sql("UPDATE node SET state = 'retired' WHERE name = 'never-proves'")
                    .update();
        }

        assertThat(value("certfleet_enforcement_lag_seconds_count", replica)).isGreaterThan(before);
        assertThat(value("certfleet_enforcement_lag_seconds_bucket", replica[0], "le=\"+Inf\""))
                .isGreaterThan(before);
        assertThat(value("certfleet_enforcement_lag_seconds_count", "door=\"kube-apiserver\""))
                .isZero();
        assertThat(value("certfleet_revocations_oldest_pending_seconds", "cluster=\"prod\""))
                .isNotNegative();
        assertThat(value("certfleet_revocations_late", "cluster=\"prod\"")).isNotNegative();
        assertThat(value("certfleet_database_behind")).isZero();
        assertThat(value("certfleet_journal_failing")).isZero();
    }

    private static double orZero(double value) {
        return Double.isNaN(value) ? 0 : value;
    }
}
