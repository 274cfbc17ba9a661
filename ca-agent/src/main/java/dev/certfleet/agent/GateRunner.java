package dev.certfleet.agent;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.certfleet.agent.certificate.KeeperTools;
import dev.certfleet.agent.gate.ApiServer;
import dev.certfleet.agent.gate.FeedAnswer;
import dev.certfleet.agent.gate.Gate;
import dev.certfleet.agent.gate.GateFiles;
import dev.certfleet.agent.gate.GateNode;
import dev.certfleet.agent.gate.GateServer;
import dev.certfleet.agent.gate.GateSettings;
import dev.certfleet.agent.gate.Issuers;
import dev.certfleet.agent.gate.ListKeeper;
import dev.certfleet.agent.gate.LocalApiServer;
import dev.certfleet.agent.gate.Mark;
import dev.certfleet.agent.gate.PushedList;
import dev.certfleet.agent.gate.RevocationListener;
import dev.certfleet.agent.gate.ServerConnection;
import dev.certfleet.agent.gate.ServingCertificate;
import dev.certfleet.agent.net.ConnectionCutter;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.publish.StagedFile;
import dev.certfleet.agent.server.ServerClient;
import dev.certfleet.agent.server.ServerException;
import dev.certfleet.agent.settings.Settings;
import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.NodeRole;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.ocsp.OcspClient;
import dev.certfleet.pki.ocsp.OcspVerifier;
import dev.certfleet.pki.wire.AgentAlarm;
import dev.certfleet.pki.wire.Assignment;
import dev.certfleet.pki.wire.DoorProofs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Gives the revocation gate what it needs of the agent: the server by this node's identity, the authorities of the assignment,
 * its serving certificate as it is renewed, and its files published for kube-apiserver. On control-plane nodes only; where there
 * is no door to keep, on etcd nodes alone or with {@code gate.enabled: false}, it follows the feed for those who listen.
 */
final class GateRunner implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("certfleet.agent.gate");
    private static final Duration OCSP_TIMEOUT = Duration.ofSeconds(2);
    private static final int FEED_PAGE = 1000;
    private static final int HTTPS = 443;

    private final Settings everything;
    private final GateSettings settings;
    private final Layout layout;
    private final StateFolder folder;
    private final Path stateFile;
    private final KeeperTools tools;
    private final Supplier<Optional<ServerClient>> server;
    private final boolean enabled;
    private final List<RevocationListener> listeners;
    private final Runnable poll;
    private final ServingCertificate serving = new ServingCertificate();

    private volatile @Nullable Assignment assignment;
    private volatile Issuers issuers = Issuers.none();
    private volatile @Nullable Gate gate;
    private StateFolder.@Nullable Lock lock;
    private volatile boolean hasDoor;
    private @Nullable GateServer door;
    private byte @Nullable [] served;
    private byte @Nullable [] trusted;
    private volatile @Nullable String problem;

    /**
     * @param enabled false where another process has the gate
     * @param listeners hear of each revocation that the feed tells of, on nodes with role etcd too
     * @param poll has the assignment asked for now
     */
    GateRunner(
            Settings everything,
            Layout layout,
            StateFolder folder,
            KeeperTools tools,
            Supplier<Optional<ServerClient>> server,
            boolean enabled,
            List<RevocationListener> listeners,
            Runnable poll) {
        this.everything = everything;
        this.settings = everything.gate().settings();
        this.layout = layout;
        this.folder = folder;
        // Where another process has the gate, its index is not this one's to write.
        this.stateFile =
                enabled ? folder.gate().resolve("index.json") : folder.etcd().resolve("feed.json");
        this.tools = tools;
        this.server = server;
        this.enabled = enabled;
        this.listeners = List.copyOf(listeners);
        this.poll = poll;
    }

    /** Starts what can be started by now and takes over what changed; what fails is tried again in the next round. */
    void round(Assignment known) {
        Set<NodeRole> roles = ClusterFiles.roles(known);
        boolean keepsDoor = enabled && roles.contains(NodeRole.CONTROL_PLANE);
        boolean isHeard = !listeners.isEmpty() && roles.contains(NodeRole.ETCD);
        if (keepsDoor != hasDoor || (!keepsDoor && !isHeard)) {
            close();
            hasDoor = keepsDoor;
        }
        if (!keepsDoor && !isHeard) {
            return;
        }
        try {
            take(known);
            if (keepsDoor) {
                publishFiles();
            }
            if (gate == null) {
                start();
            }
            if (keepsDoor) {
                serve();
                letTrustBeRead();
            }
            problem = null;
        } catch (IOException | IllegalArgumentException | Trouble e) {
            String now = Trouble.oneLine(e);
            if (!now.equals(problem)) {
                LOG.log(System.Logger.Level.WARNING, now);
            }
            problem = now;
        }
    }

    private void start() {
        if (lock == null && hasDoor) {
            lock = folder.lockGate();
        }
        Gate started = new Gate(
                settings,
                stateFile,
                new Connection(),
                ocsp(),
                () -> issuers,
                hasDoor ? Optional.of(node()) : Optional.empty(),
                revocation -> listeners.forEach(listener -> listener.revoked(revocation)),
                tools.clock(),
                tools.random());
        started.start();
        gate = started;
    }

    private GateNode node() {
        return new GateNode(
                apiServer(),
                this::apiServerPort,
                new Publisher(),
                settings.auditLog(),
                GateRunner::endConnections,
                poll);
    }

    private static int endConnections(int localPort, Collection<String> peers)
            throws IOException, InterruptedException {
        return new ConnectionCutter()
                .cut(
                        Set.of(localPort),
                        peers.stream().map(InetAddress::ofLiteral).toList());
    }

    private ApiServer apiServer() {
        Layout.Files kubelet = layout.of(ProfileName.KUBELET_CLIENT).orElseThrow();
        return new LocalApiServer(
                () -> apiServerAddress()
                        .orElseThrow(() -> new IOException("which kube-apiserver is this node's is not known")),
                layout.clusterAuthority(),
                kubelet.certificate(),
                kubelet.key(),
                tools.random());
    }

    /** This node's own, which kubeconfigs on it name too unless they were told another. */
    private Optional<URI> apiServerAddress() {
        Assignment known = assignment;
        if (settings.apiServer().isPresent() || known == null) {
            return settings.apiServer();
        }
        return ClusterFiles.apiServer(everything, known).map(URI::create);
    }

    private OptionalInt apiServerPort() {
        return apiServerAddress()
                .map(uri -> OptionalInt.of(uri.getPort() < 0 ? HTTPS : uri.getPort()))
                .orElseGet(OptionalInt::empty);
    }

    /** What the server wants to be shown; empty while it gave none. */
    Optional<String> mark() {
        return Optional.ofNullable(gate).flatMap(Gate::mark).map(Mark::text);
    }

    /** The gate's state in a line; empty on nodes without one. */
    Optional<String> summary() {
        String wrong = problem;
        if (wrong != null) {
            return Optional.of("attention: " + wrong);
        }
        return Optional.ofNullable(hasDoor ? gate : null)
                .map(running -> running.state().summary());
    }

    /** In Prometheus' text format; empty on nodes without a gate. */
    String metrics() {
        Gate running = gate;
        return running == null || !hasDoor ? "" : running.prometheus();
    }

    @Override
    public void close() {
        GateServer open = door;
        if (open != null) {
            open.close();
            door = null;
        }
        Gate running = gate;
        if (running != null) {
            running.close();
            gate = null;
        }
        StateFolder.Lock held = lock;
        if (held != null) {
            held.close();
            lock = null;
        }
        assignment = null;
    }

    private void take(Assignment known) {
        Assignment before = assignment;
        if (before == null || !known.version().equals(before.version())) {
            issuers = hasDoor ? Issuers.of(known) : Issuers.only(known, AuthorityKind.ETCD.label());
            assignment = known;
        }
    }

    private GateFiles files() {
        return new GateFiles(layout.gateFolder(), layout.gateFolder().resolve("ca.crt"), settings);
    }

    /** What kube-apiserver is started with, but for the one file that changes as certificates are revoked. */
    private void publishFiles() {
        GateFiles files = files();
        publish(files.webhookKubeconfig(), files.webhookKubeconfigText());
        publish(files.auditPolicy(), GateFiles.auditPolicyText());
    }

    private final class Publisher implements ListKeeper.Publisher {
        @Override
        public boolean exists() {
            return Files.isRegularFile(files().authorizationConfiguration());
        }

        @Override
        public String publish(PushedList list) {
            GateFiles.Configuration configuration = files().authorizationConfiguration(list);
            GateRunner.publish(files().authorizationConfiguration(), configuration.text());
            return configuration.marker();
        }
    }

    private static void publish(Path file, String text) {
        byte[] contents = text.getBytes(UTF_8);
        try {
            if (Files.isRegularFile(file) && Arrays.equals(Files.readAllBytes(file), contents)) {
                return;
            }
        } catch (IOException e) {
            throw StagedFile.cannot(file, e);
        }
        StagedFile.replace(file, contents, StagedFile.PUBLIC, Optional.empty());
    }

    /** The pair as it is published now; the door opens with the first one. */
    private void serve() throws IOException {
        Layout.Files files = layout.of(ProfileName.REVOCATION_GATE).orElseThrow();
        if (!Files.exists(files.certificate()) || !Files.exists(files.key())) {
            return;
        }
        byte[] published = Files.readAllBytes(files.certificate());
        if (!Arrays.equals(published, served)) {
            serving.use(files.certificate(), files.key());
            served = published;
        }
        Gate running = gate;
        if (door == null && running != null) {
            door = GateServer.start(settings, running, serving, tools.random());
            LOG.log(
                    System.Logger.Level.INFO,
                    "the revocation gate answers on {0}:{1}",
                    settings.address(),
                    Integer.toString(settings.port()));
        }
    }

    /** kube-apiserver reads whom to trust as the gate when its AuthorizationConfiguration is another, and not by itself. */
    private void letTrustBeRead() throws IOException {
        Path authority = files().authority();
        Gate running = gate;
        if (running == null || !Files.exists(authority)) {
            return;
        }
        byte[] published = Files.readAllBytes(authority);
        if (!Arrays.equals(published, trusted)) {
            running.writeListAnew();
            trusted = published;
        }
    }

    private OcspClient ocsp() {
        return new OcspClient(
                new OcspVerifier(tools.clock(), OcspVerifier.DEFAULT_TOLERANCE), tools.random(), OCSP_TIMEOUT);
    }

    /** The server as the agent knows it at the moment. */
    private final class Connection implements ServerConnection {
        @Override
        public FeedAnswer feed(long after, Duration wait, @Nullable String mark)
                throws IOException, InterruptedException {
            try {
                ServerClient.Fed fed = client().feed(cluster(), after, wait, FEED_PAGE, Optional.ofNullable(mark));
                return new FeedAnswer(fed.page(), fed.mark());
            } catch (ServerException e) {
                throw failed(e);
            }
        }

        @Override
        public Optional<byte[]> certificate(String id) throws IOException, InterruptedException {
            try {
                Optional<String> pem = client().certificate(id);
                if (pem.isEmpty()) {
                    return Optional.empty();
                }
                return Optional.of(
                        Certificates.der(Certificates.parse(pem.get()).getFirst()));
            } catch (ServerException e) {
                throw failed(e);
            } catch (CertificateException e) {
                throw new IOException("the server's answer holds no certificate: " + Trouble.oneLine(e), e);
            }
        }

        @Override
        public void alarm(AgentAlarm alarm) throws IOException, InterruptedException {
            try {
                client().alarm(alarm, tools.requestId());
            } catch (ServerException e) {
                throw failed(e);
            }
        }

        @Override
        public void proofs(DoorProofs proofs) throws IOException, NotTakenException, InterruptedException {
            try {
                client().proofs(proofs, tools.requestId());
            } catch (ServerException.Refused e) {
                if (e.mayPass() || e.notAuthenticated()) {
                    throw failed(e);
                }
                throw new NotTakenException(Trouble.oneLine(e), e);
            } catch (ServerException e) {
                throw failed(e);
            }
        }

        private ServerClient client() throws IOException {
            return server.get().orElseThrow(() -> new IOException("this node has no identity yet"));
        }

        private String cluster() throws IOException {
            Assignment known = assignment;
            if (known == null) {
                throw new IOException("this node does not know its cluster yet");
            }
            return known.cluster();
        }

        /** A call that was cut off because the gate closes is nothing to complain of. */
        private static IOException failed(ServerException e) throws InterruptedException {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            return new IOException(Trouble.oneLine(e), e);
        }
    }

    /** What keeps the gate from its work. */
    List<String> problems() {
        String wrong = problem;
        return wrong == null ? List.of() : List.of("revocation gate: " + wrong);
    }
}
