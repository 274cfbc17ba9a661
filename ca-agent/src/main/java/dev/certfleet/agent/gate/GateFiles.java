package dev.certfleet.agent.gate;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.certfleet.agent.gate.GatePolicy.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.jr.ob.JSON;

/**
 * The files that kube-apiserver is started with for the gate: {@code --authorization-config} with the second of the two by which
 * it finds the gate, instead of {@code --authorization-mode}, and {@code --audit-policy-file}. It reads the first two again when
 * the second changes.
 *
 * @param folder where both files are published; absolute, for kube-apiserver takes no other
 * @param authority PEM of the authority that issued the gate's serving certificate
 */
public record GateFiles(Path folder, Path authority, GateSettings settings) {
    /*
     * Where all other conditions of an entry are true and one is an error, kube-apiserver takes the failure policy at once and
     * calls nobody. It tells the caller the text of the expression that failed, which is why it is this one and not the list.
     */
    private static final String ALWAYS_AN_ERROR = "{'passes': true}['" + PushedList.REFUSAL + "']";
    private static final String MARKER = "CERTFLEET-LIST=";
    private static final int MARKER_DIGITS = 32;
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

    /** Where kube-apiserver's audit policy is. */
    public Path auditPolicy() {
        return folder.resolve("audit-policy.yaml");
    }

    /** An AuthorizationConfiguration, and the id that a kube-apiserver refuses when, and only when, it has loaded this one. */
    public record Configuration(String text, String marker) {}

    /**
     * The contents of {@link #authorizationConfiguration()}: the gate is asked first, for callers with a client certificate, and
     * can only refuse; then, for where the gate does not answer, what is known to be revoked is refused without it; then Node and
     * RBAC decide as in every kubeadm cluster.
     *
     * <p>The gate comes first because its refusals say which certificate and why, with status 403; those by the list are an error
     * of the authorizer, status 500.
     */
    public Configuration authorizationConfiguration(PushedList list) {
        // The authority too: kube-apiserver reads it again when, and only when, this configuration is another.
        String marker = MARKER + digest(text(list, "") + trusted());
        return new Configuration(text(list, marker), marker);
    }

    private String text(PushedList list, String marker) {
        StringBuilder text = new StringBuilder("""
                apiVersion: apiserver.config.k8s.io/v1
                kind: AuthorizationConfiguration
                authorizers:
                """);
        text.append(webhook("certfleet-gate", settings.failurePolicy(), List.of(showsCertificate())));
        List<String> listed = list.expressions();
        for (int i = 0; i < Math.max(1, listed.size()); i++) {
            String marked = i == 0 ? "id == '" + marker + "'" + (listed.isEmpty() ? "" : " || ") : "";
            String expression = marked + (listed.isEmpty() ? "" : "(" + listed.get(i) + ")");
            text.append(
                    webhook("certfleet-revoked-" + (i + 1), Verdict.DENY, List.of(anyId(expression), ALWAYS_AN_ERROR)));
        }
        return text.append("""
                  - type: Node
                    name: node
                  - type: RBAC
                    name: rbac
                """).toString();
    }

    private String trusted() {
        try {
            return Files.readString(authority);
        } catch (IOException e) {
            return "";
        }
    }

    private static String digest(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)))
                    .substring(0, MARKER_DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Service accounts have a credential id too ({@code JTI=…}). */
    private static String showsCertificate() {
        return anyId("id.startsWith('" + AccessReview.X509 + "')");
    }

    private static String anyId(String expression) {
        return "'" + AccessReview.CREDENTIAL_ID + "' in request.extra && request.extra['" + AccessReview.CREDENTIAL_ID
                + "'].exists(id, " + expression + ")";
    }

    private String webhook(String name, Verdict failurePolicy, List<String> conditions) {
        String lines = conditions.stream()
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
                %CONDITIONS%""".replace("%NAME%", name)
                .replace("%TIMEOUT%", TIMEOUT)
                .replace("%FAILURE%", failurePolicy == Verdict.DENY ? "Deny" : "NoOpinion")
                .replace("%CACHE%", cache())
                .replace("%KUBECONFIG%", quoted(webhookKubeconfig().toString()))
                .replace("%CONDITIONS%", lines);
    }

    /**
     * The contents of {@link #auditPolicy()}: who called, from where, and nothing of what was said. Nobody is left out by group or
     * name beyond the health checks: whoever signs certificates with a stolen key chooses both.
     */
    public static String auditPolicyText() {
        return """
                apiVersion: audit.k8s.io/v1
                kind: Policy
                omitStages: [RequestReceived]
                rules:
                  - level: None
                    users: ["system:anonymous"]
                    nonResourceURLs: ["/healthz*", "/livez*", "/readyz*"]
                  - level: Metadata
                """;
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
