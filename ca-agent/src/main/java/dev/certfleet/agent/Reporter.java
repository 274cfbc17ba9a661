package dev.certfleet.agent;

import dev.certfleet.agent.certificate.KeeperTools;
import dev.certfleet.agent.server.ServerClient;
import dev.certfleet.agent.server.ServerException;
import dev.certfleet.pki.wire.NodeReport;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Tells the server how the node stands: when that changes, and every now and then. */
final class Reporter {
    private static final System.Logger LOG = System.getLogger("certfleet.agent");
    private static final Duration AT_LEAST = Duration.ofMinutes(5);

    private final KeeperTools tools;
    private @Nullable NodeReport last;
    private Instant due = Instant.MIN;

    Reporter(KeeperTools tools) {
        this.tools = tools;
    }

    void tell(ServerClient server, NodeReport report) {
        Instant now = tools.clock().instant();
        if (last != null && saysTheSame(last, report) && now.isBefore(due)) {
            return;
        }
        try {
            server.report(report, tools.requestId());
            last = report;
            due = now.plus(AT_LEAST);
        } catch (ServerException e) {
            LOG.log(System.Logger.Level.DEBUG, "cannot report: {0}", Trouble.oneLine(e));
        }
    }

    private static boolean saysTheSame(NodeReport one, NodeReport other) {
        return one.certificates().equals(other.certificates())
                && one.bundles().equals(other.bundles())
                && Objects.equals(one.gate(), other.gate());
    }
}
