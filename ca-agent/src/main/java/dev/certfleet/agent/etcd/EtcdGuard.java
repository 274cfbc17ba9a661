package dev.certfleet.agent.etcd;

import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.etcd.Door.Seen;
import dev.certfleet.agent.gate.RevocationListener;
import dev.certfleet.agent.net.ConnectionCutter;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.server.Credential;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.crl.RevocationList;
import dev.certfleet.pki.ocsp.OcspClient;
import dev.certfleet.pki.wire.DoorProof;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Has this node's etcd refuse what is revoked: keeps the CRL that etcd reads, ends the connections that are open, and proves
 * by a certificate that is revoked from birth, the canary, that etcd does refuse. Works on a thread of its own, woken by the
 * revocation feed; the agent's rounds only tell it what the server wants and have the file put right.
 */
public final class EtcdGuard implements RevocationListener, AutoCloseable {
    static final String DOOR = "etcd";
    static final String EVIDENCE = "connection-refused";

    private static final System.Logger LOG = System.getLogger("certfleet.agent.etcd");
    private static final List<ProfileName> OWN = List.of(
            ProfileName.ETCD_SERVER,
            ProfileName.ETCD_PEER,
            ProfileName.ETCD_HEALTHCHECK_CLIENT,
            ProfileName.KUBE_APISERVER_ETCD_CLIENT);
    /** A CRL of this much later than a revocation that does not list it says that it was taken back. */
    private static final Duration SETTLED = Duration.ofMinutes(1);

    private static final Duration LOOK_AGAIN = Duration.ofMinutes(10);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration FETCH_TIMEOUT = Duration.ofSeconds(5);
    private static final int PROOFS_AT_ONCE = 100;

    /**
     * What it works with.
     *
     * @param client etcd's client port
     * @param peer etcd's peer port
     * @param addresses the node's own, without loopback
     */
    record Tools(
            Layout layout,
            Door client,
            Door peer,
            List<InetAddress> addresses,
            Probe probe,
            ConnectionCutter cutter,
            Receipts receipts,
            Clock clock) {}

    private final Tools tools;
    private final CrlKeeper crl;
    private final AwaitedRevocations awaited;
    private final Semaphore news = new Semaphore(0);
    private final Map<Door, Seen> seen = new LinkedHashMap<>();
    private volatile @Nullable Situation situation;
    private volatile @Nullable String cutProblem;
    private final CheckedPair canaryPair = new CheckedPair();
    private volatile boolean canaryIsListed;
    private int tries;
    private Instant lookDue = Instant.MIN;
    private @Nullable Thread thread;

    EtcdGuard(Tools tools, CrlKeeper crl, AwaitedRevocations awaited) {
        this.tools = tools;
        this.crl = crl;
        this.awaited = awaited;
        crl.file().load();
        awaited.load();
    }

    /**
     * @param state where it remembers what it published and awaits
     * @param addresses the node's own, without loopback
     */
    public static EtcdGuard make(
            Layout layout,
            Path state,
            int clientPort,
            int peerPort,
            List<InetAddress> addresses,
            OcspClient ocsp,
            Receipts receipts,
            Clock clock,
            SecureRandom random) {
        Tools tools = new Tools(
                layout,
                new Door("client", clientPort, "client-crl-file"),
                new Door("peer", peerPort, "peer-crl-file"),
                List.copyOf(addresses),
                new Probe(random, PROBE_TIMEOUT),
                new ConnectionCutter(),
                receipts,
                clock);
        CrlFile file = new CrlFile(layout.etcdCrl(), state.resolve("crl.der"));
        return new EtcdGuard(
                tools,
                new CrlKeeper(file, new CrlSource(FETCH_TIMEOUT), ocsp, clock),
                new AwaitedRevocations(state.resolve("awaited.json")));
    }

    /** Begins to work by itself. */
    public void start() {
        thread = Thread.ofVirtual().name("etcd").start(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                try {
                    Duration pause = work();
                    news.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS);
                    news.drainPermits();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } catch (RuntimeException e) {
                    crl.count("defect");
                    LOG.log(System.Logger.Level.ERROR, "goes on after a defect", e);
                    pauseAfterDefect();
                }
            }
        });
    }

    private static void pauseAfterDefect() {
        try {
            TimeUnit.SECONDS.sleep(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What the server wants now. Puts the file right; where there is none yet, waits for the first. */
    public void round(Situation now) throws InterruptedException {
        boolean changed = !now.equals(situation);
        situation = now;
        crl.putRight();
        if (crl.published().isEmpty()) {
            work();
        }
        if (changed) {
            news.release();
        }
    }

    @Override
    public void revoked(Revoked told) {
        Situation known = situation;
        boolean concernsEtcd = known == null
                || known.authorities().stream()
                        .anyMatch(authority -> OwnCertificates.isIssuer(authority, told.certificate()));
        if (concernsEtcd
                && told.certificate()
                        .getNotAfter()
                        .toInstant()
                        .isAfter(tools.clock().instant())) {
            awaited.add(Awaited.of(told));
            crl.hurry();
            news.release();
        }
    }

    /** Does all that is due; returns the pause until there is more. */
    synchronized Duration work() throws InterruptedException {
        Situation now = situation;
        if (now == null) {
            return LONGEST_PAUSE;
        }
        Optional<Credential> canary = canary();
        Instant next = crl.refresh(now, own(now), () -> isMissing(canary));
        settle();
        cutConnections();
        prove(now, canary);
        awaited.save();
        Instant earliest = canaryIsListed && lookDue.isBefore(next) ? lookDue : next;
        Duration pause = Duration.between(tools.clock().instant(), earliest);
        return pause.isNegative() ? Duration.ZERO : pause;
    }

    private OwnCertificates own(Situation now) {
        return new OwnCertificates(
                OWN.stream()
                        .flatMap(profile -> tools.layout().of(profile).stream())
                        .map(Layout.Files::certificate)
                        .toList(),
                now.authorities(),
                now.responder());
    }

    /** The canary as it is on disk, where it has not ended: etcd would refuse it for that alone. */
    private Optional<Credential> canary() {
        return tools.layout()
                .of(ProfileName.ETCD_CANARY)
                .flatMap(canaryPair::read)
                .filter(pair -> pair.certificate()
                        .getNotAfter()
                        .toInstant()
                        .isAfter(tools.clock().instant()));
    }

    private boolean isMissing(Optional<Credential> canary) {
        return canary.filter(pair -> !isListed(pair.certificate().getSerialNumber()))
                        .isPresent()
                || awaited.all().stream().anyMatch(one -> !isListed(one.number()));
    }

    private boolean isListed(BigInteger serial) {
        return crl.published().map(list -> list.serials().contains(serial)).orElse(false);
    }

    /** Forgets what ended by itself and what a later CRL does not list any more. */
    private void settle() {
        Instant now = tools.clock().instant();
        Optional<RevocationList> published = crl.published();
        awaited.removeIf(one -> {
            boolean takenBack = !isListed(one.number())
                    && published
                            .filter(list -> list.thisUpdate().isAfter(one.at().plus(SETTLED)))
                            .isPresent();
            return takenBack || !one.notAfter().isAfter(now);
        });
    }

    /** After the publication: a handshake that read the old file has a connection by now, and goes too. */
    private void cutConnections() throws InterruptedException {
        for (Awaited one : awaited.all()) {
            if (one.cut() || !isListed(one.number()) || !crl.file().isInPlace()) {
                continue;
            }
            try {
                int count = tools.cutter()
                        .cut(Set.of(tools.client().port(), tools.peer().port()), holders(one));
                if (count > 0) {
                    crl.count("connections-cut");
                    LOG.log(
                            System.Logger.Level.INFO,
                            "ended {0} connections to etcd from {1}: serial {2} is revoked",
                            Integer.toString(count),
                            one.addresses(),
                            one.serial());
                }
                cutProblem = null;
            } catch (IOException e) {
                crl.count("cut-failed");
                cutProblem = "connections of revoked clients stay open: " + Trouble.oneLine(e);
                LOG.log(System.Logger.Level.WARNING, cutProblem);
            }
            awaited.replace(one.afterCut());
        }
    }

    /** A holder that is this node connects over loopback too. */
    private List<InetAddress> holders(Awaited one) {
        List<InetAddress> holders = new ArrayList<>();
        for (String text : one.addresses()) {
            try {
                holders.add(InetAddress.ofLiteral(text));
            } catch (IllegalArgumentException e) {
                LOG.log(System.Logger.Level.WARNING, "not an address, in a revocation: {0}", Trouble.oneLine(text));
            }
        }
        if (holders.stream().anyMatch(tools.addresses()::contains)) {
            holders.add(InetAddress.ofLiteral("127.0.0.1"));
            holders.add(InetAddress.ofLiteral("::1"));
        }
        return holders;
    }

    private void prove(Situation now, Optional<Credential> canary) throws InterruptedException {
        canaryIsListed = canary.filter(pair -> isListed(pair.certificate().getSerialNumber()))
                .isPresent();
        List<Awaited> provable =
                awaited.all().stream().filter(one -> isListed(one.number())).toList();
        Instant started = tools.clock().instant();
        boolean isPausing = started.isBefore(lookDue) && (provable.isEmpty() || tries > 0);
        if (!canaryIsListed || isPausing || !crl.file().isInPlace()) {
            return;
        }
        boolean clients = look(tools.client(), ProfileName.ETCD_HEALTHCHECK_CLIENT, canary.orElseThrow(), now);
        boolean peers = look(tools.peer(), ProfileName.ETCD_PEER, canary.orElseThrow(), now);
        boolean proven = clients && peers && crl.file().isInPlace();
        boolean sent = proven && send(provable, started);
        tries = sent ? 0 : tries + 1;
        lookDue = tools.clock().instant().plus(sent ? LOOK_AGAIN : pause());
    }

    private Duration pause() {
        Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(tries, 20));
        return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
    }

    private boolean look(Door door, ProfileName good, Credential canary, Situation now) {
        Seen what = door.look(
                tools.probe(),
                places(),
                canary,
                () -> tools.layout().of(good).flatMap(Pairs::read),
                now.authorities(),
                crl.file().target());
        Seen before;
        synchronized (seen) {
            before = seen.put(door, what);
        }
        if (!what.equals(before)) {
            switch (what) {
                case Seen.Enforces _ ->
                    LOG.log(System.Logger.Level.INFO, "etcd refuses revoked certificates at its {0} port", door.name());
                case Seen.NotListening _ ->
                    LOG.log(System.Logger.Level.DEBUG, "etcd does not listen at its {0} port", door.name());
                case Seen.Wrong(String why) -> LOG.log(System.Logger.Level.WARNING, why);
            }
        }
        return what instanceof Seen.Enforces;
    }

    private List<InetAddress> places() {
        List<InetAddress> places = new ArrayList<>();
        places.add(InetAddress.ofLiteral("127.0.0.1"));
        places.addAll(tools.addresses());
        return places;
    }

    /** What was seen holds for every serial that is in the same file. */
    private boolean send(List<Awaited> provable, Instant at) throws InterruptedException {
        for (int from = 0; from < provable.size(); from += PROOFS_AT_ONCE) {
            List<Awaited> some = provable.subList(from, Math.min(from + PROOFS_AT_ONCE, provable.size()));
            try {
                tools.receipts()
                        .send(some.stream()
                                .map(one -> new DoorProof(one.id(), DOOR, EVIDENCE, at.toString()))
                                .toList());
            } catch (IOException e) {
                crl.count("proofs-not-sent");
                LOG.log(System.Logger.Level.DEBUG, "proofs cannot be sent: {0}", Trouble.oneLine(e));
                return false;
            }
            some.forEach(one -> {
                crl.count("proven");
                awaited.removeIf(other -> other.id().equals(one.id()));
            });
        }
        return true;
    }

    /** True where the canary should have been listed long ago: the server does not know of its revocation, or not of it. */
    public boolean canaryIsForgotten(Instant issuedAt) {
        return !canaryIsListed
                && crl.published()
                        .filter(list -> list.thisUpdate().isAfter(issuedAt.plus(CrlCheck.TOLERANCE)))
                        .isPresent()
                && canary().isPresent();
    }

    /** What is known at this moment. */
    public EtcdState state() {
        Map<String, Seen> doors = new LinkedHashMap<>();
        synchronized (seen) {
            seen.forEach((door, what) -> doors.put(door.name(), what));
        }
        return new EtcdState(
                tools.clock().instant(),
                crl.published(),
                doors,
                awaited.size(),
                canaryIsListed,
                crl.problem(),
                Optional.ofNullable(cutProblem),
                crl.putRightAt(),
                crl.events());
    }

    @Override
    public void close() {
        Thread running = thread;
        if (running != null) {
            running.interrupt();
        }
    }
}
