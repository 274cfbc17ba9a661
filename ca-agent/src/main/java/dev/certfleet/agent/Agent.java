package dev.certfleet.agent;

import dev.certfleet.agent.certificate.Backoff;
import dev.certfleet.agent.certificate.CertificateKeeper;
import dev.certfleet.agent.certificate.KeeperTools;
import dev.certfleet.agent.certificate.Stage;
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
import dev.certfleet.pki.wire.NodeReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * What {@code run} does, round after round on one thread: be enrolled, know what to hold, hold it, say so. A round does
 * all that can be done now and says when the next is worth it; everything it knows is on disk, so that a new process goes
 * on where the last one was killed.
 */
public final class Agent implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("certfleet.agent");
    private static final Duration REPORT_AT_LEAST = Duration.ofMinutes(5);
    private static final Duration IDENTITY_AT_MOST = Duration.ofMinutes(1);
    /** So many poll intervals are between two polls while the server tells of changes by itself. */
    private static final int HEARD = 4;

    private static final Duration TOLERATED_SKEW = Duration.ofSeconds(60);
    private static final Path KERNEL_BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    private final Settings settings;
    private final Clock clock;
    private final SecureRandom random;
    private final KeeperTools tools;
    private final StateFolder folder;
    private final IdentityFolder identityFolder;
    private final IdentityRenewal identityRenewal;
    private final Layout layout;
    private final ClusterFiles clusterFiles;
    private final ServiceAccountKeys serviceAccountKeys;
    private final AssignmentWatch watch;
    private final Map<ProfileName, CertificateKeeper> keepers = new EnumMap<>(ProfileName.class);
    private final ConcurrentLinkedQueue<Command> commands = new ConcurrentLinkedQueue<>();
    private final Object alarm = new Object();
    private final GateRunner gate;
    private final EtcdRunner etcd;

    private @Nullable Identity identity;
    private volatile @Nullable ServerClient server;
    private volatile @Nullable Assignment assignment;
    private boolean freshBoot;
    private volatile boolean pollAsked;
    private boolean stopped;

    private int failures;
    private Instant nextPoll = Instant.MIN;
    private volatile @Nullable String serverProblem;
    private @Nullable Instant lastContact;
    private @Nullable Duration skew;
    private @Nullable String identityProblem;
    private Instant identityRetryAt = Instant.MIN;
    private int identityFailures;
    private @Nullable NodeReport lastReport;
    private Instant reportDue = Instant.MIN;
    private volatile StatusReport status;

    private record Command(ControlSocket.Request request, CompletableFuture<ControlSocket.Answer> answer) {}

    public Agent(Settings settings, Clock clock, SecureRandom random) {
        this.settings = settings;
        this.clock = clock;
        this.random = random;
        this.tools = new KeeperTools(clock, random, settings.renewal(), settings.hooks());
        this.folder = new StateFolder(settings.paths().state());
        this.identityFolder = new IdentityFolder(folder.identity(), EvidenceChoice.seal(settings, random));
        this.identityRenewal = new IdentityRenewal(identityFolder, tools);
        this.layout = new Layout(settings.paths());
        this.clusterFiles = new ClusterFiles(settings, layout);
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
        this.watch = new AssignmentWatch(
                this::toWaitFor, settings.renewal().pollInterval(), backoff(), clock, this::pollNow);
        this.freshBoot = !bootId().equals(lastBootId());
        this.identity = identityFolder.load().orElse(null);
        this.assignment = storedAssignment().orElse(null);
        Assignment known = assignment;
        if (known != null && identity != null) {
            assign(known);
        }
        this.status = report(false);
    }

    /** Works until {@link #stop()}. */
    public void run() throws InterruptedException {
        watch.start();
        while (true) {
            Instant next = round();
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

    /** While the server was just seen not to answer, the agent's own polling finds out when it does again. */
    private AssignmentWatch.Known toWaitFor() {
        Assignment known = assignment;
        return new AssignmentWatch.Known(
                serverProblem == null ? server : null, known == null ? null : known.version(), gate.mark());
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
        gate.close();
        etcd.close();
    }

    /** The state after the last round, in Prometheus' text format. */
    public String metrics() {
        return Metrics.of(status) + gate.metrics() + etcd.metrics();
    }

    /** The state after the last round. */
    public StatusReport status() {
        return status;
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
            case "status" -> new ControlSocket.Answer(null, status);
            case "renew" -> {
                Command command = new Command(request, new CompletableFuture<>());
                commands.add(command);
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
        List<Command> asked = takeCommands();
        if (enrolled()) {
            renewIdentity();
            poll();
            Assignment known = assignment;
            if (known != null) {
                hold(known);
            }
        }
        status = report(true);
        tell();
        asked.forEach(command -> command.answer().complete(new ControlSocket.Answer(null, status)));
        return nextRound();
    }

    // ---- being somebody

    private boolean enrolled() {
        if (identity != null && server != null) {
            return true;
        }
        Identity known = identity;
        if (known != null) {
            server = new ServerClient(settings.server(), known.authorities(), Optional.of(known.credential()), random);
            return true;
        }
        if (clock.instant().isBefore(nextPoll)) {
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
                    settings.server(), enrolled.authorities(), Optional.of(enrolled.credential()), random);
            contacted();
            nextPoll = Instant.MIN;
            LOG.log(
                    System.Logger.Level.INFO,
                    "enrolled as {0} in cluster {1}",
                    enrolled.nodeName(),
                    enrolled.cluster());
            return true;
        } catch (ServerException | IOException | Trouble e) {
            lostContact(e);
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
        ServerClient server =
                new ServerClient(settings.server(), new ServerTrust.Pinned(fingerprint), Optional.empty(), random);
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
        if (present.renewAt().isAfter(now) && !asked && !identityRenewal.underWay()) {
            return;
        }
        try {
            become(identityRenewal.renew(present, client, demand));
            identityProblem = null;
            identityFailures = 0;
            identityRetryAt = now.plus(IDENTITY_AT_MOST);
            LOG.log(System.Logger.Level.INFO, "renewed this node''s identity");
        } catch (ServerException | IOException | Trouble e) {
            identityProblem = Trouble.oneLine(e);
            identityRetryAt = backoff().after(now, identityFailures++);
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
        if (client == null || (!asked && clock.instant().isBefore(nextPoll))) {
            return;
        }
        try {
            Assignment answer = client.assignment(gate.mark());
            contacted();
            Instant serverTime = Instant.parse(answer.serverTime());
            skew = Duration.between(serverTime, clock.instant());
            Assignment before = assignment;
            if (before == null || !answer.version().equals(before.version())) {
                assignment = answer;
                assign(answer);
                trust(answer);
                folder.write(folder.assignment(), Json.write(answer));
            }
        } catch (ServerException | java.time.DateTimeException | Trouble e) {
            lostContact(e);
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
        clusterFiles.publishAuthorities(known);
        Identity self = identity;
        if (self != null) {
            serviceAccountKeys.round(
                    known,
                    self,
                    serverProblem == null
                            ? Optional.of(report -> client.serviceAccountKey(report, tools.requestId()))
                            : Optional.empty());
        }
        for (CertificateKeeper keeper : keepers.values()) {
            keeper.advance(new CertificateKeeper.Surroundings(
                    client,
                    known.cluster(),
                    Optional.ofNullable(
                            known.bundles().get(keeper.profile().authority().label())),
                    serverProblem == null,
                    freshBoot));
        }
        CertificateKeeper canary = keepers.get(ProfileName.ETCD_CANARY);
        if (canary != null) {
            etcd.renewForgotten(canary);
        }
        etcd.round(known);
        gate.round(known);
        clusterFiles.publishKubeconfigs(known, keepers.values());
        clusterFiles.publishKubeletConfiguration(keepers.values());
        for (CertificateKeeper keeper : keepers.values()) {
            keeper.settle();
        }
        if (freshBoot) {
            freshBoot = false;
            try {
                // As the kernel has it: the systemd unit compares the files to see that the first round is over.
                folder.write(folder.bootId(), (bootId() + "\n").getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            } catch (Trouble e) {
                LOG.log(System.Logger.Level.WARNING, Trouble.oneLine(e));
            }
        }
    }

    private List<Command> takeCommands() {
        List<Command> taken = new ArrayList<>();
        for (Command next = commands.poll(); next != null; next = commands.poll()) {
            taken.add(next);
        }
        List<Command> going = new ArrayList<>();
        for (Command command : taken) {
            String wrong = begin(command.request());
            if (wrong == null) {
                going.add(command);
            } else {
                command.answer().complete(new ControlSocket.Answer(wrong, status));
            }
        }
        if (!going.isEmpty()) {
            nextPoll = Instant.MIN;
        }
        return going;
    }

    private @Nullable String begin(ControlSocket.Request request) {
        String profile = request.profile();
        try {
            if (profile == null) {
                keepers.values().forEach(keeper -> keeper.hurry(request.newKey()));
                return null;
            }
            CertificateKeeper keeper = keepers.get(ProfileName.of(profile));
            if (keeper == null) {
                return "this node holds no certificate of the profile '" + profile + "'";
            }
            keeper.hurry(request.newKey());
            return null;
        } catch (IllegalArgumentException | Trouble e) {
            return Trouble.oneLine(e);
        }
    }

    // ---- saying so

    private void tell() {
        ServerClient client = server;
        if (client == null || serverProblem != null || assignment == null) {
            return;
        }
        NodeReport report = status.forServer();
        Instant now = clock.instant();
        NodeReport before = lastReport;
        boolean changed = before == null
                || !report.certificates().equals(before.certificates())
                || !java.util.Objects.equals(report.gate(), before.gate());
        if (!changed && now.isBefore(reportDue)) {
            return;
        }
        try {
            client.report(report, tools.requestId());
            lastReport = report;
            reportDue = now.plus(REPORT_AT_LEAST);
        } catch (ServerException e) {
            LOG.log(System.Logger.Level.DEBUG, "cannot report: {0}", Trouble.oneLine(e));
        }
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
        if (serverProblem != null) {
            problems.add(serverProblem);
        }
        Duration difference = skew;
        if (difference != null && difference.abs().compareTo(TOLERATED_SKEW) > 0) {
            problems.add("this node's clock is " + difference.abs().toSeconds() + " s "
                    + (difference.isNegative() ? "behind" : "ahead of") + " the server's; set it right");
        }
        problems.addAll(clusterFiles.problems());
        problems.addAll(serviceAccountKeys.problems());
        if (known != null) {
            problems.addAll(LeftOvers.of(known, layout, folder));
            problems.addAll(AddressCheck.of(known, settings.node()));
        }
        problems.addAll(gate.problems());
        problems.addAll(etcd.problems());
        return new StatusReport(
                running,
                Version.TEXT,
                now,
                present == null ? null : present.nodeName(),
                present == null ? null : present.cluster(),
                known != null ? known.roles() : present != null ? present.roles() : List.of(),
                lastContact,
                difference == null ? null : difference.toSeconds(),
                lines,
                known == null ? List.of() : clusterFiles.authorities(known),
                gate.summary().orElse(null),
                etcd.summary().orElse(null),
                problems);
    }

    // ---- time

    private void contacted() {
        failures = 0;
        serverProblem = null;
        lastContact = clock.instant();
        Duration interval = settings.renewal().pollInterval();
        nextPoll = clock.instant().plus(jittered(watch.isHeard() ? interval.multipliedBy(HEARD) : interval));
    }

    private void lostContact(Exception e) {
        String problem = Trouble.oneLine(e);
        if (!problem.equals(serverProblem)) {
            LOG.log(System.Logger.Level.WARNING, problem);
        }
        serverProblem = problem;
        nextPoll = backoff().after(clock.instant(), failures++);
    }

    /** Between nine and eleven tenths of it, so that agents do not poll in step. */
    private Duration jittered(Duration interval) {
        return Duration.ofMillis((long) (interval.toMillis() * (0.9 + 0.2 * random.nextDouble())));
    }

    private Backoff backoff() {
        return new Backoff(
                settings.renewal().retryInterval(), settings.renewal().maxRetryInterval(), random);
    }

    private Instant nextRound() {
        Instant next = nextPoll;
        if (serverProblem == null) {
            for (CertificateKeeper keeper : keepers.values()) {
                Instant look = keeper.nextLook();
                next = look.isBefore(next) ? look : next;
            }
        } else {
            for (CertificateKeeper keeper : keepers.values()) {
                Stage stage = keeper.state().stage();
                if (stage == Stage.RECEIVED || stage == Stage.PUBLISHED) {
                    Instant look = keeper.nextLook();
                    next = look.isBefore(next) ? look : next;
                }
            }
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

    private static String bootId() {
        try {
            return Files.readString(KERNEL_BOOT_ID).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private String lastBootId() {
        try {
            return Files.readString(folder.bootId()).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
