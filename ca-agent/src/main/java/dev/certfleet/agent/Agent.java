package dev.certfleet.agent;

import dev.certfleet.agent.certificate.CertificateKeeper;
import dev.certfleet.agent.certificate.KeeperTools;
import dev.certfleet.agent.component.PublishedBundles;
import dev.certfleet.agent.control.ControlSocket;
import dev.certfleet.agent.control.Metrics;
import dev.certfleet.agent.control.StatusReport;
import dev.certfleet.agent.identity.Enrolment;
import dev.certfleet.agent.identity.Evidence;
import dev.certfleet.agent.identity.EvidenceChoice;
import dev.certfleet.agent.identity.Identity;
import dev.certfleet.agent.identity.IdentityFolder;
import dev.certfleet.agent.identity.IdentityRenewal;
import dev.certfleet.agent.identity.NodeFacts;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.server.ServerClient;
import dev.certfleet.agent.server.ServerException;
import dev.certfleet.agent.server.ServerTrust;
import dev.certfleet.agent.server.Version;
import dev.certfleet.agent.serviceaccount.ServiceAccountKeys;
import dev.certfleet.agent.settings.Settings;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.wire.AssignedCertificate;
import dev.certfleet.pki.wire.Assignment;
import java.io.IOException;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What {@code run} does, round after round on one thread: be enrolled, know what to hold, hold it, say so. A round does
 * all that can be done now and says when the next is worth it; everything it knows is on disk, so that a new process goes
 * on where the last one was killed.
 */
public final class Agent implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("certfleet.agent");
    private static final Duration IDENTITY_AT_MOST = Duration.ofMinutes(1);
    /** Ends a run of {@code once} whose server or files never let it come to rest. */
    private static final int MOST_ROUNDS = 100;

    private final Settings settings;
    private final Clock clock;
    private final SecureRandom random;
    private final KeeperTools tools;
    private final StateFolder folder;
    private final FirstRound firstRound;
    private final ServerContact contact;
    private final IdentityFolder identityFolder;
    private final IdentityRenewal identityRenewal;
    private final Layout layout;
    private final ClusterFiles clusterFiles;
    private final ServiceAccountKeys serviceAccountKeys;
    private final AssignmentWatch watch;
    private final Map<ProfileName, CertificateKeeper> keepers = new EnumMap<>(ProfileName.class);
    private final Commands commands = new Commands();
    private final ProofRunner proofs;
    private final Reporter reporter;
    private final ComponentRunner components;
    private final Object alarm = new Object();
    private final GateRunner gate;
    private final EtcdRunner etcd;
    private final CsrRunner csrs;

    private @Nullable Identity identity;
    private volatile @Nullable ServerClient server;
    private volatile @Nullable Assignment assignment;
    private volatile boolean pollAsked;
    private boolean stopped;

    private final ClockWatch clocks;
    private boolean expiredAtServer;
    private @Nullable String identityProblem;
    private Instant identityRetryAt = Instant.MIN;
    private int identityFailures;
    private volatile StatusReport afterRound;

    public Agent(Settings settings, Clock clock, SecureRandom random) {
        this.settings = settings;
        this.clock = clock;
        this.random = random;
        this.tools = KeeperTools.of(settings, clock, random);
        this.folder = new StateFolder(settings.paths().state());
        this.firstRound = new FirstRound(folder);
        this.contact = new ServerContact(settings, clock, random);
        this.identityFolder = new IdentityFolder(folder.identity(), EvidenceChoice.seal(settings, random));
        this.identityRenewal = new IdentityRenewal(identityFolder, tools);
        this.layout = new Layout(settings.paths());
        PublishedBundles bundles = new PublishedBundles(folder.path().resolve("bundles.json"));
        this.clusterFiles = new ClusterFiles(settings, layout, bundles, clock);
        this.components = new ComponentRunner(settings, layout, folder, bundles, tools);
        this.proofs = new ProofRunner(settings, layout, random);
        this.reporter = new Reporter(tools);
        this.serviceAccountKeys = new ServiceAccountKeys(layout, folder, tools);
        this.etcd = new EtcdRunner(settings, layout, folder, tools, this::server);
        this.gate = new GateRunner(
                settings,
                layout,
                folder,
                tools,
                this::server,
                settings.gate().enabled(),
                settings.etcd().enabled() ? List.of(etcd) : List.of(),
                this::pollNow);
        this.csrs = new CsrRunner(settings, layout, tools, this::server);
        this.watch = new AssignmentWatch(
                this::toWaitFor,
                settings.renewal().pollInterval().multipliedBy(ServerContact.HEARD),
                contact.backoff(),
                clock,
                this::pollNow);
        this.identity = identityFolder.load().orElse(null);
        this.assignment = storedAssignment().orElse(null);
        Assignment known = assignment;
        this.clocks = new ClockWatch(known == null ? null : serverTime(known).orElse(null));
        if (known != null && identity != null) {
            assign(known);
        }
        this.afterRound = report(false);
    }

    /** Works until {@link #stop()}. */
    public void run() throws InterruptedException {
        watch.start();
        while (true) {
            Instant next = roundOrDefect();
            synchronized (alarm) {
                long millis = Duration.between(clock.instant(), next).toMillis();
                if (!stopped && commands.isEmpty() && !pollAsked && millis > 0) {
                    alarm.wait(millis);
                }
                if (stopped) {
                    return;
                }
            }
        }
    }

    /** A defect in one round is logged, and the next one comes all the same: the node's certificates depend on it. */
    private Instant roundOrDefect() throws InterruptedException {
        try {
            return round();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "goes on after a defect", e);
            return clock.instant().plus(settings.renewal().maxRetryInterval());
        }
    }

    /** Rounds until there is nothing to do at once; what failed is left to the next run. */
    void runUntilNothingIsDue() throws InterruptedException {
        for (int rounds = 1; !round().isAfter(clock.instant()) && rounds < MOST_ROUNDS; rounds++) {
            LOG.log(System.Logger.Level.DEBUG, "after round {0} there is more to do", rounds);
        }
    }

    /** While the server was just seen not to answer, the agent's own polling finds out when it does again. */
    private AssignmentWatch.Known toWaitFor() {
        Assignment known = assignment;
        return new AssignmentWatch.Known(
                contact.isThere() ? server : null, known == null ? null : known.version(), gate.mark());
    }

    /** Has the next round, at once, ask for the assignment. */
    void pollNow() {
        pollAsked = true;
        synchronized (alarm) {
            alarm.notifyAll();
        }
    }

    public void stop() {
        synchronized (alarm) {
            stopped = true;
            alarm.notifyAll();
        }
    }

    @Override
    public void close() {
        watch.close();
        csrs.close();
        gate.close();
        etcd.close();
    }

    /** The same as {@link #status()}, in Prometheus' text format. */
    public String metrics() {
        return Metrics.of(status()) + gate.metrics() + etcd.metrics() + csrs.metrics();
    }

    /** The certificates as the last round left them; the gate and etcd, which work on their own, as they are now. */
    public StatusReport status() {
        List<String> problems = new ArrayList<>(gate.problems());
        problems.addAll(etcd.problems());
        problems.addAll(csrs.problems());
        return afterRound.with(gate.summary().orElse(null), etcd.summary().orElse(null), problems);
    }

    public Optional<Identity> identity() {
        return Optional.ofNullable(identity);
    }

    /** The client with this node's present identity; empty while it has none. */
    public Optional<ServerClient> server() {
        return Optional.ofNullable(server);
    }

    public Optional<Assignment> assignment() {
        return Optional.ofNullable(assignment);
    }

    /** Answers what comes in on the control socket; waits for the round that does it. */
    public ControlSocket.Answer handle(ControlSocket.Request request) {
        return switch (request.command()) {
            case "status" -> new ControlSocket.Answer(null, status());
            case "renew" -> {
                Commands.Command command = commands.add(request);
                synchronized (alarm) {
                    alarm.notifyAll();
                }
                yield command.answer().join();
            }
            default -> new ControlSocket.Answer("the agent does not know '" + request.command() + "'", null);
        };
    }

    /** One round. @return when the next has something to do */
    public Instant round() throws InterruptedException {
        List<Commands.Command> asked = commands.begin(keepers, status());
        if (!asked.isEmpty()) {
            contact.pollNow();
        }
        if (enrolled()) {
            renewIdentity();
            poll();
            Assignment known = assignment;
            if (known != null) {
                hold(known);
            }
        }
        afterRound = report(true);
        tell();
        asked.forEach(command -> command.done(status()));
        return nextRound();
    }

    // ---- being somebody

    private boolean enrolled() {
        if (identity != null && server != null) {
            return true;
        }
        Identity known = identity;
        if (known != null) {
            server = new ServerClient(
                    settings.server(), known.authorities(), Optional.of(known.credential()), clock, random);
            return true;
        }
        if (!contact.isDue()) {
            return false;
        }
        try {
            Optional<Evidence> evidence = EvidenceChoice.of(settings);
            if (evidence.isEmpty()) {
                throw new Trouble(
                        ExitCode.NOT_RUNNING,
                        "this node is not enrolled and there is no token; " + EvidenceChoice.hint(settings));
            }
            Identity enrolled = enrol(settings, evidence.get(), tools, random);
            identity = enrolled;
            server = new ServerClient(
                    settings.server(), enrolled.authorities(), Optional.of(enrolled.credential()), clock, random);
            contact.made(watch.isHeard());
            contact.pollNow();
            LOG.log(
                    System.Logger.Level.INFO,
                    "enrolled as {0} in cluster {1}",
                    enrolled.nodeName(),
                    enrolled.cluster());
            return true;
        } catch (ServerException | IOException | Trouble e) {
            contact.lost(e);
            return false;
        }
    }

    /** Enrols this node; {@code enrol} does the same without an agent running. */
    public static Identity enrol(Settings settings, Evidence evidence, KeeperTools tools, SecureRandom random)
            throws ServerException, IOException {
        String fingerprint = settings.server()
                .caFingerprint()
                .orElseThrow(
                        () -> new Trouble(
                                ExitCode.SETTINGS,
                                "server.caFingerprint is not set: without it a node cannot know its server; give --ca-fingerprint sha256:…"));
        ServerClient server = new ServerClient(
                settings.server(), new ServerTrust.Pinned(fingerprint), Optional.empty(), tools.clock(), random);
        IdentityFolder identities = new IdentityFolder(
                new StateFolder(settings.paths().state()).identity(), EvidenceChoice.seal(settings, random));
        return new Enrolment(identities, server, tools).enrol(evidence, NodeFacts.of(settings.node()));
    }

    private void renewIdentity() {
        Identity present = identity;
        ServerClient client = server;
        Instant now = clock.instant();
        if (present == null || client == null || identityRetryAt.isAfter(now)) {
            return;
        }
        String demand = identityDemand();
        boolean asked = !demand.equals(identityFolder.answeredDemand()) && present.isOlderThan(demand);
        // By the server's clock, which decides about it: one that is a year ahead here would renew without end.
        Instant atServer = now.minus(clocks.skew().orElse(Duration.ZERO));
        if (present.renewAt().isAfter(atServer) && !asked && !expiredAtServer && !identityRenewal.underWay()) {
            return;
        }
        try {
            become(identityRenewal.renew(present, client, demand));
            if (expiredAtServer || present.notAfter().isBefore(now)) {
                LOG.log(
                        System.Logger.Level.INFO,
                        "this node came back; its identity had ended on {0}",
                        present.notAfter());
                contact.pollNow();
            }
            expiredAtServer = false;
            identityProblem = null;
            identityFailures = 0;
            identityRetryAt = now.plus(IDENTITY_AT_MOST);
            LOG.log(System.Logger.Level.INFO, "renewed this node's identity");
        } catch (ServerException | IOException | Trouble e) {
            identityProblem = Trouble.oneLine(e);
            identityRetryAt = contact.backoff().after(now, identityFailures++, ServerContact.retryAfter(e));
            if (e instanceof ServerException
                    && (expiredAtServer || present.notAfter().isBefore(now))) {
                // Nothing else can be had before.
                contact.lost(e);
                contact.pollAt(identityRetryAt);
            }
            LOG.log(System.Logger.Level.WARNING, "cannot renew this node''s identity: {0}", identityProblem);
        }
    }

    /** The time before which the server wants this node's identity renewed, as it says it; empty where it does not. */
    private String identityDemand() {
        Assignment known = assignment;
        if (known == null) {
            return "";
        }
        return known.certificates().stream()
                .filter(certificate -> certificate.profile().equals(ProfileName.NODE_IDENTITY.label()))
                .map(AssignedCertificate::renewBefore)
                .filter(java.util.Objects::nonNull)
                .findFirst()
                .orElse("");
    }

    private void become(Identity renewed) {
        identity = renewed;
        ServerClient client = server;
        if (client != null) {
            client.use(renewed.authorities(), renewed.credential());
        }
    }

    // ---- knowing what to hold

    private void poll() {
        ServerClient client = server;
        boolean asked = pollAsked;
        pollAsked = false;
        if (client == null || (!asked && !contact.isDue())) {
            return;
        }
        try {
            Assignment answer = client.assignment(gate.mark());
            contact.made(watch.isHeard());
            expiredAtServer = false;
            clocks.told(Instant.parse(answer.serverTime()), clock.instant());
            Assignment before = assignment;
            if (before == null || !answer.version().equals(before.version())) {
                assignment = answer;
                assign(answer);
                trust(answer);
                folder.write(folder.assignment(), Json.write(answer));
            }
        } catch (ServerException | java.time.DateTimeException | Trouble e) {
            expiredAtServer = e instanceof ServerException.Refused refused && refused.isOf("certificate-expired");
            contact.lost(e);
        }
    }

    /** The installation's authorities as the server gives them now. */
    private void trust(Assignment answer) {
        Identity present = identity;
        String pem = answer.bundles().get("installation");
        if (present == null || pem == null) {
            return;
        }
        try {
            ServerTrust.Bundle bundle = IdentityFolder.bundle(pem);
            if (!bundle.equals(present.authorities())) {
                identityFolder.storeBundle(pem);
                become(present.with(bundle));
                LOG.log(System.Logger.Level.INFO, "the authorities of the server changed");
            }
        } catch (CertificateException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the server''s bundle of its own authorities is wrong: {0}",
                    Trouble.oneLine(e));
        }
    }

    private void assign(Assignment answer) {
        Map<ProfileName, AssignedCertificate> wanted = new EnumMap<>(ProfileName.class);
        for (AssignedCertificate certificate : answer.certificates()) {
            for (ProfileName profile : ProfileName.values()) {
                if (profile.label().equals(certificate.profile())) {
                    wanted.put(profile, certificate);
                }
            }
        }
        keepers.keySet().retainAll(wanted.keySet());
        wanted.forEach((profile, certificate) -> layout.of(profile)
                .ifPresent(files -> keepers.computeIfAbsent(
                                profile,
                                made -> new CertificateKeeper(
                                        made, files, folder.certificate(made.label()), certificate, tools))
                        .want(certificate)));
    }

    // ---- holding it

    private void hold(Assignment known) throws InterruptedException {
        ServerClient client = server;
        if (client == null) {
            return;
        }
        boolean isRefused = clusterFiles.publishAuthorities(known, keepers.keySet());
        Identity self = identity;
        if (self != null) {
            serviceAccountKeys.round(
                    known,
                    self,
                    contact.isThere()
                            ? Optional.of(report -> client.serviceAccountKey(report, tools.requestId()))
                            : Optional.empty());
        }
        for (CertificateKeeper keeper : keepers.values()) {
            keeper.advance(new CertificateKeeper.Surroundings(
                    client,
                    known.cluster(),
                    Optional.ofNullable(
                            known.bundles().get(keeper.profile().authority().label())),
                    contact.isThere(),
                    firstRound.isAwaited(),
                    clocks.skew()));
        }
        if (isRefused) {
            clusterFiles.publishAuthorities(known, keepers.keySet());
        }
        CertificateKeeper canary = keepers.get(ProfileName.ETCD_CANARY);
        if (canary != null) {
            etcd.renewForgotten(canary);
        }
        etcd.round(known);
        gate.round(known);
        csrs.round(known);
        clusterFiles.publishKubeconfigs(known, keepers.values());
        clusterFiles.publishKubeletConfiguration(keepers.values());
        for (CertificateKeeper keeper : keepers.values()) {
            keeper.settle();
        }
        proofs.round(known, keepers.values());
        components.round(known, contact.isThere() ? Optional.of(client) : Optional.empty());
        if (firstRound.isAwaited() && !anyEnded()) {
            firstRound.isOver();
        }
    }

    /** Whether a published certificate has ended: who waits for the first round waits for one that works, as long as it does. */
    private boolean anyEnded() {
        return keepers.values().stream()
                .map(keeper -> keeper.state().held())
                .filter(java.util.Objects::nonNull)
                .anyMatch(held -> !held.notAfter().isAfter(clock.instant()));
    }

    // ---- saying so

    private void tell() {
        ServerClient client = server;
        if (client == null || !contact.isThere() || assignment == null) {
            return;
        }
        reporter.tell(client, status().forServer());
    }

    private StatusReport report(boolean running) {
        Identity present = identity;
        Assignment known = assignment;
        Instant now = clock.instant();
        List<StatusReport.Line> lines = new ArrayList<>();
        if (present != null) {
            lines.add(StatusLines.of(present, folder.identity(), identityProblem, now));
        }
        keepers.values().forEach(keeper -> lines.add(StatusLines.of(keeper, settings.hooks(), now)));
        List<String> problems = new ArrayList<>();
        String serverProblem = contact.problem();
        if (serverProblem != null) {
            problems.add(serverProblem);
        }
        problems.addAll(clocks.problems(now, present));
        problems.addAll(clusterFiles.problems());
        problems.addAll(serviceAccountKeys.problems());
        if (known != null) {
            problems.addAll(LeftOvers.of(known, layout, folder));
            problems.addAll(AddressCheck.of(known, settings.node()));
        }
        problems.addAll(components.problems());
        return new StatusReport(
                running,
                Version.TEXT,
                now,
                present == null ? null : present.nodeName(),
                present == null ? null : present.cluster(),
                known != null ? known.roles() : present != null ? present.roles() : List.of(),
                contact.last(),
                clocks.skew().map(Duration::toSeconds).orElse(null),
                lines,
                known == null ? List.of() : clusterFiles.authorities(known),
                components.bundles(Optional.ofNullable(present)),
                null,
                null,
                problems);
    }

    // ---- time

    /** When the server last gave orders, as it said. */
    private static Optional<Instant> serverTime(Assignment stored) {
        try {
            return Optional.of(Instant.parse(stored.serverTime()));
        } catch (java.time.DateTimeException e) {
            return Optional.empty();
        }
    }

    private Instant nextRound() {
        Instant next = components
                .nextLook()
                .filter(look -> look.isBefore(contact.nextPoll()))
                .orElse(contact.nextPoll());
        for (CertificateKeeper keeper : keepers.values()) {
            Optional<Instant> look =
                    contact.isThere() ? Optional.of(keeper.nextLook()) : keeper.nextLookWithoutServer();
            next = look.isPresent() && look.get().isBefore(next) ? look.get() : next;
        }
        return next;
    }

    private Optional<Assignment> storedAssignment() {
        try {
            return Optional.of(Json.read(Assignment.class, Files.readAllBytes(folder.assignment())));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
