package dev.certfleet.server.enrolment;

import dev.certfleet.server.x509.Violation;
import java.net.InetAddress;
import java.sql.Timestamp;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** Whose an address is: a certificate says so, and no two nodes of a cluster may say it of the same. */
@Component
class NodeAddresses {
    private static final int MOST = 32;

    private final NodeRepository nodes;
    private final JdbcClient database;
    private final Clock clock;

    NodeAddresses(NodeRepository nodes, JdbcClient database, Clock clock) {
        this.nodes = nodes;
        this.database = database;
        this.clock = clock;
    }

    /** What is wrong with these as a node's addresses, whosever they are. */
    static List<Violation> form(List<String> addresses) {
        List<Violation> violations = new ArrayList<>();
        if (addresses.size() > MOST) {
            violations.add(new Violation("addresses", "a node has at most " + MOST + " addresses"));
        }
        for (String address : addresses) {
            String wrong = wrong(address);
            if (wrong != null) {
                violations.add(new Violation("addresses", wrong));
            }
        }
        return violations;
    }

    private static @Nullable String wrong(String text) {
        try {
            InetAddress address = InetAddress.ofLiteral(text);
            boolean own = address.isLoopbackAddress() || address.isAnyLocalAddress() || address.isMulticastAddress();
            return own ? text + " is no address by which others reach a node" : null;
        } catch (IllegalArgumentException e) {
            return "'" + text + "' is not an IP address";
        }
    }

    /** So that the same address is recognised; of addresses that have the {@link #form}. */
    static List<String> inOneSpelling(List<String> addresses) {
        return addresses.stream()
                .map(address -> InetAddress.ofLiteral(address).getHostAddress())
                .distinct()
                .toList();
    }

    /** Until the caller's transaction ends, nobody else of the cluster decides whose an address is. */
    @Transactional(propagation = Propagation.MANDATORY)
    void takeTurns(String cluster) {
        nodes.takeTurnsForAddresses(cluster);
    }

    /** Who else has any of these, or had it within the life of a certificate. */
    List<Violation> taken(String cluster, String name, List<String> addresses) {
        return nodes.othersAt(cluster, name, addresses.toArray(String[]::new), clock.instant()).stream()
                .map(other -> new Violation(
                        "address-taken",
                        "the node " + other + " has one of these addresses, or a certificate that carries it"))
                .toList();
    }

    /** The node has these no more: they stay taken until the last of its certificates with them ends. */
    @Transactional(propagation = Propagation.MANDATORY)
    void gaveUp(Node node, List<String> addresses) {
        for (String address : addresses) {
            database.sql("INSERT INTO former_address (cluster, node, address, until)"
                            + " SELECT ?, ?, ?, max(c.not_after) FROM certificate c WHERE c.cluster = ? AND c.node = ?"
                            + " AND c.state <> 'abandoned' AND ? = ANY (c.addresses) HAVING max(c.not_after) > ?"
                            + " ON CONFLICT (cluster, address, node) DO UPDATE SET until = excluded.until")
                    .params(
                            node.cluster(),
                            node.name(),
                            address,
                            node.cluster(),
                            node.name(),
                            address,
                            Timestamp.from(clock.instant()))
                    .update();
        }
    }
}
