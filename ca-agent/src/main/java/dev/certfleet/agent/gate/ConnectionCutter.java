package dev.certfleet.agent.gate;

import dev.certfleet.agent.gate.RevocationListener.Revoked;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Ends the connections to this node's kube-apiserver that a revoked certificate's holder has: kube-apiserver asks nobody again
 * about a watch or an exec that is established. A node is known by its addresses, a user by those that the audit log shows for the
 * certificate alone. It is done several times, since a connection may be made between the revocation and the moment from which
 * every new request is refused.
 */
final class ConnectionCutter {
    private static final System.Logger LOG = System.getLogger("certfleet.agent.gate");
    private static final List<Duration> OF_NODE = List.of(
            Duration.ZERO,
            Duration.ofMillis(500),
            Duration.ofMillis(1500),
            Duration.ofSeconds(4),
            Duration.ofSeconds(8));
    /** Not before the audit log was read as far as it tells of this moment: who else is at an address, is in its newest lines. */
    private static final List<Duration> OF_USER =
            List.of(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(4), Duration.ofSeconds(8));

    private static final Duration NOTHING_TO_DO = Duration.ofMinutes(10);
    private static final int ADDRESSES_AT_ONCE = 64;

    private final CallerMemory callers;
    private final ConnectionKiller killer;
    private final Supplier<OptionalInt> port;
    private final Clock clock;
    private final GateMetrics metrics;
    private final Map<String, Target> targets = new LinkedHashMap<>();
    private final Bell bell = new Bell();

    /**
     * @param nodeAddresses empty for a user
     * @param times how often it was done
     */
    private record Target(String id, Set<String> nodeAddresses, Instant heard, int times) {
        List<Duration> schedule() {
            return nodeAddresses.isEmpty() ? OF_USER : OF_NODE;
        }

        Instant due() {
            return heard.plus(schedule().get(times));
        }
    }

    /** @param port kube-apiserver's on this node; empty while that is not known */
    ConnectionCutter(
            CallerMemory callers,
            ConnectionKiller killer,
            Supplier<OptionalInt> port,
            Clock clock,
            GateMetrics metrics) {
        this.callers = callers;
        this.killer = killer;
        this.port = port;
        this.clock = clock;
        this.metrics = metrics;
    }

    void revoked(Revoked revocation) {
        Instant now = clock.instant();
        if (revocation.certificate().getNotAfter().toInstant().isBefore(now)) {
            return;
        }
        synchronized (targets) {
            targets.put(revocation.id(), new Target(revocation.id(), new TreeSet<>(revocation.addresses()), now, 0));
        }
        bell.ring();
    }

    /** Until interrupted. */
    void run() throws InterruptedException {
        while (!Thread.currentThread().isInterrupted()) {
            cutDue();
            bell.await(untilNext());
        }
    }

    private Duration untilNext() {
        Instant now = clock.instant();
        synchronized (targets) {
            return targets.values().stream()
                    .map(target -> Duration.between(now, target.due()))
                    .min(Comparator.naturalOrder())
                    .orElse(NOTHING_TO_DO);
        }
    }

    void cutDue() throws InterruptedException {
        List<Target> due = takeDue();
        OptionalInt where = port.get();
        if (due.isEmpty() || where.isEmpty()) {
            return;
        }
        Set<String> own = ownAddresses();
        Set<String> peers = new TreeSet<>();
        for (Target target : due) {
            peers.addAll(target.nodeAddresses().isEmpty() ? ofUser(target, own) : ofNode(target));
        }
        List<String> all = new ArrayList<>(peers);
        for (int from = 0; from < all.size(); from += ADDRESSES_AT_ONCE) {
            cut(where.getAsInt(), all.subList(from, Math.min(from + ADDRESSES_AT_ONCE, all.size())));
        }
    }

    private List<Target> takeDue() {
        Instant now = clock.instant();
        synchronized (targets) {
            List<Target> due = targets.values().stream()
                    .filter(target -> !target.due().isAfter(now))
                    .toList();
            for (Target target : due) {
                if (target.times() + 1 < target.schedule().size()) {
                    targets.put(
                            target.id(),
                            new Target(target.id(), target.nodeAddresses(), target.heard(), target.times() + 1));
                } else {
                    targets.remove(target.id());
                }
            }
            return due;
        }
    }

    /** This node's own address is among them only where it is this node's certificate. */
    private static Set<String> ofNode(Target target) {
        return target.nodeAddresses().stream()
                .filter(address -> !isLoopback(address))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private Set<String> ofUser(Target target, Set<String> own) {
        Optional<Fingerprint> id = Fingerprint.parse(target.id());
        if (id.isEmpty()) {
            return Set.of();
        }
        CallerMemory.Addresses addresses = callers.of(id.get(), clock.instant());
        Set<String> alone = new TreeSet<>(addresses.alone());
        alone.removeAll(own);
        alone.removeIf(ConnectionCutter::isLoopback);
        if (target.times() == 0 && alone.isEmpty()) {
            metrics.count("connections-left");
            LOG.log(
                    System.Logger.Level.WARNING,
                    "connections of {0} are not ended, {1}: its watches end within twice kube-apiserver''s"
                            + " --min-request-timeout, an exec or port-forward when its user ends it",
                    target.id(),
                    addresses.shared().isEmpty() && addresses.alone().isEmpty()
                            ? "the audit log shows no address for it"
                            : "it shares the addresses " + addresses.shared() + addresses.alone() + " with others");
        }
        return alone;
    }

    private void cut(int where, List<String> peers) throws InterruptedException {
        try {
            int ended = killer.kill(where, peers);
            for (int i = 0; i < ended; i++) {
                metrics.count("connection-cut");
            }
            if (ended > 0) {
                LOG.log(
                        System.Logger.Level.INFO,
                        "ended {0} connections to kube-apiserver from {1}, a certificate used there was revoked",
                        ended,
                        peers);
            }
        } catch (IOException e) {
            metrics.count("connections-not-cut");
            LOG.log(
                    System.Logger.Level.WARNING,
                    "connections from {0} to kube-apiserver cannot be ended: {1}",
                    peers,
                    e.toString());
        }
    }

    private static boolean isLoopback(String address) {
        try {
            return InetAddress.ofLiteral(address).isLoopbackAddress();
        } catch (IllegalArgumentException e) {
            return true;
        }
    }

    private static Set<String> ownAddresses() {
        try {
            return NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .map(address -> address.getHostAddress().replaceAll("%.*", ""))
                    .collect(Collectors.toSet());
        } catch (SocketException e) {
            return Set.of();
        }
    }
}
