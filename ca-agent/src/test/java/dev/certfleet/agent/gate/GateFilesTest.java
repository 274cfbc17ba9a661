package dev.certfleet.agent.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.agent.gate.GatePolicy.Verdict;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

final class GateFilesTest {
    private final GateFiles files = files(GateSettings.DEFAULT);

    private static GateFiles files(GateSettings settings) {
        return new GateFiles(
                Path.of("/etc/kubernetes/certfleet/gate"), Path.of("/etc/kubernetes/certfleet/gate/ca.crt"), settings);
    }

    private static Map<?, ?> yaml(String text) {
        return (Map<?, ?>) new Load(LoadSettings.builder().build()).loadFromString(text);
    }

    private static Map<?, ?> webhook(GateFiles files) {
        Object authorizers =
                yaml(files.authorizationConfiguration(PushedList.EMPTY).text()).get("authorizers");
        if (!(authorizers instanceof List<?> list)
                || !(list.getFirst() instanceof Map<?, ?> first)
                || !(first.get("webhook") instanceof Map<?, ?> webhook)) {
            throw new AssertionError("no webhook: " + authorizers);
        }
        assertThat(list.stream().map(one -> String.valueOf(((Map<?, ?>) one).get("type"))))
                .containsExactly("Webhook", "Webhook", "Node", "RBAC");
        return webhook;
    }

    @Test
    void pointsAtTheGateByFiles() {
        String text = files.webhookKubeconfigText();

        assertThat(text)
                .contains(
                        "server: \"https://127.0.0.1:8444/authorize\"",
                        "certificate-authority: \"/etc/kubernetes/certfleet/gate/ca.crt\"");
        assertThat(yaml(text).get("current-context")).isEqualTo("certfleet-gate");
    }

    @Test
    void asksTheGateFirstAboutCallersWithACertificate() {
        Map<?, ?> webhook = webhook(files);

        assertThat(webhook.get("failurePolicy")).isEqualTo("NoOpinion");
        assertThat(webhook.get("timeout")).isEqualTo("1s");
        assertThat(webhook.get("unauthorizedTTL")).isEqualTo("100ms");
        assertThat(String.valueOf(webhook.get("connectionInfo")))
                .contains("/etc/kubernetes/certfleet/gate/webhook.kubeconfig");
        assertThat(String.valueOf(webhook.get("matchConditions"))).contains("startsWith('X509SHA256=')");
    }

    @Test
    void failsClosedAndCachesNothingWhereSettingsSaySo() {
        GateSettings d = GateSettings.DEFAULT;
        Map<?, ?> webhook = webhook(files(new GateSettings(
                d.address(),
                d.port(),
                d.policy(),
                d.staleAfter(),
                d.refreshAfter(),
                d.lookupTime(),
                d.feedWait(),
                d.pollInterval(),
                Verdict.DENY,
                Duration.ZERO,
                d.auditLog(),
                d.apiServer())));

        assertThat(webhook.get("failurePolicy")).isEqualTo("Deny");
        assertThat(webhook.get("cacheUnauthorizedRequests")).isEqualTo(false);
    }
}
