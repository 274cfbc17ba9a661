package dev.certfleet.agent;

import dev.certfleet.agent.certificate.CertificateKeeper;
import dev.certfleet.agent.component.Finding;
import dev.certfleet.agent.component.Places;
import dev.certfleet.agent.component.Prover;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.settings.Settings;
import dev.certfleet.pki.NodeRole;
import dev.certfleet.pki.wire.Assignment;
import java.net.URI;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Has the components looked at for the certificates that are not seen to be used yet. */
final class ProofRunner {
    private final Settings settings;
    private final Prover prover;

    ProofRunner(Settings settings, Layout layout, SecureRandom random) {
        this.settings = settings;
        this.prover = new Prover(settings.components(), settings.etcd().peerPort(), layout, random);
    }

    /** All at once, since one component that hangs makes each of its certificates wait some seconds. */
    void round(Assignment known, Collection<CertificateKeeper> keepers) throws InterruptedException {
        List<CertificateKeeper> waiting =
                keepers.stream().filter(CertificateKeeper::wantsProof).toList();
        if (waiting.isEmpty()) {
            return;
        }
        Places places = places(settings, known);
        List<Callable<Finding>> looks = new ArrayList<>();
        waiting.forEach(keeper -> looks.add(() -> keeper.look(prover, places)));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Finding>> findings = threads.invokeAll(looks);
            for (int i = 0; i < findings.size(); i++) {
                waiting.get(i).found(findings.get(i).get());
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("a look at a component ended with a defect", e.getCause());
        }
    }

    static Places places(Settings settings, Assignment known) {
        Optional<URI> apiServer = ClusterFiles.apiServer(settings, known).map(URI::create);
        boolean controlPlane = ClusterFiles.roles(known).contains(NodeRole.CONTROL_PLANE);
        Optional<URI> local = settings.components()
                .apiServer()
                .or(() -> settings.gate().settings().apiServer())
                .or(() -> apiServer)
                .filter(where -> controlPlane);
        return new Places(NodeAddresses.of(settings), local, apiServer);
    }
}
