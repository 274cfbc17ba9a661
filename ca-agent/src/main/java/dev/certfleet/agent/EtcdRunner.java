package dev.certfleet.agent;

import dev.certfleet.agent.certificate.CertificateKeeper;
import dev.certfleet.agent.certificate.CertificateState;
import dev.certfleet.agent.certificate.KeeperTools;
import dev.certfleet.agent.etcd.EtcdGuard;
import dev.certfleet.agent.etcd.EtcdState;
import dev.certfleet.agent.etcd.Situation;
import dev.certfleet.agent.gate.RevocationListener;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.server.ServerClient;
import dev.certfleet.agent.server.ServerException;
import dev.certfleet.agent.settings.Settings;
import dev.certfleet.pki.NodeRole;
import dev.certfleet.pki.ocsp.OcspClient;
import dev.certfleet.pki.ocsp.OcspVerifier;
import dev.certfleet.pki.wire.Assignment;
import dev.certfleet.pki.wire.DoorProof;
import dev.certfleet.pki.wire.DoorProofs;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Gives the guard of etcd what it needs of the agent, on nodes with role etcd. */
final class EtcdRunner implements RevocationListener, AutoCloseable {
    private static final System.Logger LOG = System.getLogger("certfleet.agent.etcd");
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final Settings settings;
    private final Layout layout;
    private final StateFolder folder;
    private final KeeperTools tools;
    private final Supplier<Optional<ServerClient>> server;
    private volatile @Nullable EtcdGuard guard;
    private volatile @Nullable String problem;

    EtcdRunner(
            Settings settings,
            Layout layout,
            StateFolder folder,
            KeeperTools tools,
            Supplier<Optional<ServerClient>> server) {
        this.settings = settings;
        this.layout = layout;
        this.folder = folder;
        this.tools = tools;
        this.server = server;
    }

    /** Takes over what the server wants; what fails is tried again in the next round. */
    void round(Assignment known) throws InterruptedException {
        if (!settings.etcd().enabled() || !ClusterFiles.roles(known).contains(NodeRole.ETCD)) {
            close();
            return;
        }
        try {
            Situation situation = Situation.of(known);
            EtcdGuard running = guard;
            if (running == null) {
                running = make();
                running.start();
                guard = running;
            }
            running.round(situation);
            problem = null;
        } catch (Trouble e) {
            String now = Trouble.oneLine(e);
            if (!now.equals(problem)) {
                LOG.log(System.Logger.Level.WARNING, now);
            }
            problem = now;
        }
    }

    /** A canary that no CRL lists any more shows nothing: the server lost it, so another is asked for. */
    void renewForgotten(CertificateKeeper canary) {
        EtcdGuard running = guard;
        CertificateState.@Nullable Held held = canary.state().held();
        if (running != null && held != null && running.canaryIsForgotten(held.begin())) {
            LOG.log(System.Logger.Level.WARNING, "no CRL lists the canary; another is asked for");
            canary.hurry(true);
        }
    }

    @Override
    public void revoked(Revoked revocation) {
        EtcdGuard running = guard;
        if (running != null) {
            running.revoked(revocation);
        }
    }

    private EtcdGuard make() {
        return EtcdGuard.make(
                layout,
                folder.etcd(),
                settings.etcd().clientPort(),
                settings.etcd().peerPort(),
                NodeAddresses.of(settings),
                new OcspClient(
                        new OcspVerifier(tools.clock(), OcspVerifier.DEFAULT_TOLERANCE), tools.random(), TIMEOUT),
                this::send,
                tools.clock(),
                tools.random());
    }

    private void send(List<DoorProof> proofs) throws IOException, InterruptedException {
        if (proofs.isEmpty()) {
            return;
        }
        ServerClient client = server.get().orElseThrow(() -> new IOException("this node has no identity yet"));
        try {
            client.proofs(new DoorProofs(proofs), tools.requestId());
        } catch (ServerException.Refused e) {
            if (e.mayPass() || e.notAuthenticated()) {
                throw new IOException(Trouble.oneLine(e), e);
            }
            if (proofs.size() > 1) {
                // For the sake of one perhaps, such as of a hold that was just released
                send(proofs.subList(0, proofs.size() / 2));
                send(proofs.subList(proofs.size() / 2, proofs.size()));
            } else {
                LOG.log(System.Logger.Level.WARNING, "the server does not take a proof: {0}", Trouble.oneLine(e));
            }
        } catch (ServerException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            throw new IOException(Trouble.oneLine(e), e);
        }
    }

    /** In a line; empty on nodes without etcd. */
    Optional<String> summary() {
        return state().map(EtcdState::summary);
    }

    List<String> problems() {
        List<String> problems = new ArrayList<>();
        String wrong = problem;
        if (wrong != null) {
            problems.add("etcd's CRL: " + wrong);
        }
        state().ifPresent(state -> problems.addAll(state.problems()));
        return problems;
    }

    /** In Prometheus' text format; empty on nodes without etcd. */
    String metrics() {
        return state().map(EtcdState::metrics).orElse("");
    }

    private Optional<EtcdState> state() {
        return Optional.ofNullable(guard).map(EtcdGuard::state);
    }

    @Override
    public void close() {
        EtcdGuard running = guard;
        if (running != null) {
            running.close();
            guard = null;
        }
        problem = null;
    }
}
