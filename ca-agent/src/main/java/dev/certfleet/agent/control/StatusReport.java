package dev.certfleet.agent.control;

import dev.certfleet.pki.wire.HeldCertificate;
import dev.certfleet.pki.wire.LoadedBundle;
import dev.certfleet.pki.wire.NodeReport;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What {@code status} shows, as the running agent answers it or as it is on disk.
 *
 * @param running false where this was read from disk because no agent runs
 * @param node null while not enrolled
 * @param lastContact when the server answered last
 * @param clockSkewSeconds this node's clock minus the server's
 * @param bundles which published CA bundles the components use
 * @param gate the revocation gate's state in a line; null where there is none
 * @param etcd how etcd's CRL stands, in a line; null where there is none
 * @param problems what else keeps the agent from its work
 */
public record StatusReport(
        boolean running,
        String version,
        Instant at,
        @Nullable String node,
        @Nullable String cluster,
        List<String> roles,
        @Nullable Instant lastContact,
        @Nullable Long clockSkewSeconds,
        List<Line> certificates,
        List<Authority> authorities,
        List<LoadedBundle> bundles,
        @Nullable String gate,
        @Nullable String etcd,
        List<String> problems) {

    /**
     * A certificate.
     *
     * @param state the label of its stage
     * @param next what happens next, in words
     * @param nextAt when; null for at once
     * @param overdue true where less than a quarter of its life is left
     * @param proof how it was seen to be used; null where it was not
     * @param waitingFor the component that has to run before that can be seen; null where none has to
     */
    public record Line(
            String profile,
            @Nullable String certificate,
            @Nullable String key,
            String state,
            @Nullable String id,
            @Nullable String serial,
            @Nullable Instant notAfter,
            String next,
            @Nullable Instant nextAt,
            @Nullable String problem,
            boolean overdue,
            @Nullable String proof,
            @Nullable String waitingFor) {}

    /** A published CA bundle and when the first of its certificates ends. */
    public record Authority(String bundle, String file, Instant notAfter) {}

    /** @param more problems, after those that are known already */
    public StatusReport with(@Nullable String gate, @Nullable String etcd, List<String> more) {
        return new StatusReport(
                running,
                version,
                at,
                node,
                cluster,
                roles,
                lastContact,
                clockSkewSeconds,
                certificates,
                authorities,
                bundles,
                gate,
                etcd,
                Stream.concat(problems.stream(), more.stream()).toList());
    }

    /** What the server is told of it. */
    public NodeReport forServer() {
        return new NodeReport(
                version,
                at.toString(),
                certificates.stream()
                        .map(line -> new HeldCertificate(
                                line.profile(),
                                line.state(),
                                line.id(),
                                line.notAfter() == null ? null : line.notAfter().toString(),
                                line.problem(),
                                line.proof()))
                        .toList(),
                gate,
                bundles);
    }

    /** True where somebody should look. */
    public boolean needsAttention() {
        return !problems.isEmpty() || certificates.stream().anyMatch(line -> line.problem() != null);
    }
}
