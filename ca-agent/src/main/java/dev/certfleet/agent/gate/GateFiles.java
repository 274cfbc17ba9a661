package dev.certfleet.agent.gate;

import dev.certfleet.agent.gate.GatePolicy.Verdict;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.jr.ob.JSON;

/**
 * The two files by which kube-apiserver finds the gate. It is started with {@code --authorization-config} and the second of
 * them, instead of {@code --authorization-mode}; it reads both again when that one changes.
 *
 * @param folder where both files are published; absolute, for kube-apiserver takes no other
 * @param authority PEM of the authority that issued the gate's serving certificate
 */
public record GateFiles(Path folder, Path authority, GateSettings settings) {
    private static final String CREDENTIAL_ID = "authentication.kubernetes.io/credential-id";
    /** So that a gate that hangs costs a request no more than that. */
    private static final String TIMEOUT = "1s";

    public GateFiles {
        folder = folder.toAbsolutePath().normalize();
        authority = authority.toAbsolutePath().normalize();
    }

    public Path webhookKubeconfig() {
        return folder.resolve("webhook.kubeconfig");
    }

    public Path authorizationConfiguration() {
        return folder.resolve("authorization.yaml");
    }

    /** The contents of {@link #webhookKubeconfig()}: the gate's address and whom to trust there. */
    public String webhookKubeconfigText() {
        return """
                apiVersion: v1
                kind: Config
                clusters:
                  - name: certfleet-gate
                    cluster:
                      server: %SERVER%
                      certificate-authority: %AUTHORITY%
                users:
                  - name: kube-apiserver
                    user: {}
                contexts:
                  - name: certfleet-gate
                    context:
                      cluster: certfleet-gate
                      user: kube-apiserver
                current-context: certfleet-gate
                """.replace("%SERVER%", quoted("https://" + host() + ":" + settings.port() + "/authorize"))
                .replace("%AUTHORITY%", quoted(authority.toString()));
    }

    private String host() {
        return settings.address().contains(":") ? "[" + settings.address() + "]" : settings.address();
    }

    /**
     * The contents of {@link #authorizationConfiguration()}: the gate is asked first, for callers with a client certificate, and
     * can only refuse; then Node and RBAC decide as in every kubeadm cluster.
     */
    public String authorizationConfigurationText() {
        return """
                apiVersion: apiserver.config.k8s.io/v1
                kind: AuthorizationConfiguration
                authorizers:
                """ + webhooks().stream().map(this::webhook).collect(Collectors.joining()) + """
                  - type: Node
                    name: node
                  - type: RBAC
                    name: rbac
                """;
    }

    /** A webhook entry: whom it is asked about, and what counts where it does not answer. */
    private record Webhook(String name, Verdict failurePolicy, List<String> conditions) {}

    private List<Webhook> webhooks() {
        return List.of(new Webhook("certfleet-gate", settings.failurePolicy(), List.of(showsCertificate())));
    }

    /** Service accounts have a credential id too ({@code JTI=…}). */
    private static String showsCertificate() {
        return "'" + CREDENTIAL_ID + "' in request.extra && request.extra['" + CREDENTIAL_ID
                + "'].exists(id, id.startsWith('" + AccessReview.X509 + "'))";
    }

    private String webhook(Webhook webhook) {
        String conditions = webhook.conditions().stream()
                .map(condition -> "        - expression: " + quoted(condition) + "\n")
                .collect(Collectors.joining());
        return """
                  - type: Webhook
                    name: %NAME%
                    webhook:
                      timeout: %TIMEOUT%
                      failurePolicy: %FAILURE%
                      subjectAccessReviewVersion: v1
                      matchConditionSubjectAccessReviewVersion: v1
                      # The gate never allows, so that only the other one matters: for how long an answer may be repeated.
                      authorizedTTL: 1s
                %CACHE%\
                      connectionInfo:
                        type: KubeConfigFile
                        kubeConfigFile: %KUBECONFIG%
                      matchConditions:
                %CONDITIONS%""".replace("%NAME%", webhook.name())
                .replace("%TIMEOUT%", TIMEOUT)
                .replace("%FAILURE%", webhook.failurePolicy() == Verdict.DENY ? "Deny" : "NoOpinion")
                .replace("%CACHE%", cache())
                .replace("%KUBECONFIG%", quoted(webhookKubeconfig().toString()))
                .replace("%CONDITIONS%", conditions);
    }

    private String cache() {
        Duration cacheFor = settings.cacheFor();
        if (cacheFor.isZero()) {
            return "      unauthorizedTTL: 1s\n      cacheUnauthorizedRequests: false\n";
        }
        return "      unauthorizedTTL: " + cacheFor.toMillis() + "ms\n";
    }

    /** JSON's strings are YAML's too. */
    private static String quoted(String text) {
        return JSON.std.asString(text);
    }
}
