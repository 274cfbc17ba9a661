package dev.certfleet.agent.gate;

import dev.certfleet.agent.gate.GatePolicy.Verdict;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The gate's settings, under {@code gate:} in the agent's file.
 *
 * @param address a loopback address
 * @param policy what to answer where the gate cannot know
 * @param staleAfter how long a signed answer counts
 * @param refreshAfter when a signed answer is replaced by a new one, long before it is stale
 * @param lookupTime how long one request waits for the CA where its certificate is not known; the webhook's own timeout is 1 s
 * @param feedWait how long the server may hold back the feed's answer
 * @param pollInterval the pause between two reads of the feed where holding back does not work
 * @param failurePolicy what kube-apiserver does where the gate does not answer
 * @param cacheFor for how long kube-apiserver may repeat an answer to the very same question, and so what a revocation may be late
 *     by; zero for not at all, which needs Kubernetes 1.34
 * @param auditLog kube-apiserver's audit log
 * @param apiServer this node's own kube-apiserver; empty for the one that its kubeconfigs name
 */
public record GateSettings(
        String address,
        int port,
        GatePolicy policy,
        Duration staleAfter,
        Duration refreshAfter,
        Duration lookupTime,
        Duration feedWait,
        Duration pollInterval,
        Verdict failurePolicy,
        Duration cacheFor,
        Path auditLog,
        Optional<URI> apiServer) {
    private static final Duration MAX_LOOKUP = Duration.ofMillis(900);

    public static final GateSettings DEFAULT = new GateSettings(
            "127.0.0.1",
            8444,
            GatePolicy.DEFAULT,
            Duration.ofHours(24),
            Duration.ofHours(1),
            Duration.ofMillis(500),
            Duration.ofSeconds(20),
            Duration.ofSeconds(2),
            Verdict.ALLOW,
            Duration.ofMillis(100),
            Path.of("/var/log/kubernetes/audit/audit.log"),
            Optional.empty());

    public GateSettings {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("gate.port: no such port: " + port);
        }
        positive("staleAfter", staleAfter);
        positive("refreshAfter", refreshAfter);
        positive("pollInterval", pollInterval);
        if (refreshAfter.compareTo(staleAfter) >= 0) {
            throw new IllegalArgumentException("gate.refreshAfter has to be shorter than gate.staleAfter");
        }
        if (lookupTime.isNegative() || lookupTime.compareTo(MAX_LOOKUP) > 0) {
            throw new IllegalArgumentException(
                    "gate.lookupTime has to be at most " + MAX_LOOKUP + ": kube-apiserver waits for a second");
        }
        if (feedWait.isNegative() || cacheFor.isNegative()) {
            throw new IllegalArgumentException("gate.feedWait and gate.cacheFor cannot be negative");
        }
    }

    private static void positive(String name, Duration value) {
        if (!value.isPositive()) {
            throw new IllegalArgumentException("gate." + name + " has to be longer than nothing");
        }
    }
}
