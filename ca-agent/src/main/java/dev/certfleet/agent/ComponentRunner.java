package dev.certfleet.agent;

import dev.certfleet.agent.certificate.KeeperTools;
import dev.certfleet.agent.component.BundleWatch;
import dev.certfleet.agent.component.Places;
import dev.certfleet.agent.component.PublishedBundles;
import dev.certfleet.agent.component.Restarter;
import dev.certfleet.agent.identity.Identity;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.server.ServerClient;
import dev.certfleet.agent.server.ServerException;
import dev.certfleet.agent.settings.Settings;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.wire.Assignment;
import dev.certfleet.pki.wire.LoadedBundle;
import dev.certfleet.pki.wire.RestartLease;
import dev.certfleet.pki.wire.RestartLeaseRequest;
import dev.certfleet.pki.wire.RestartOutcome;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Has the components looked at for the CA bundles they use, and restarted where nothing else helps. */
final class ComponentRunner {
    private final Settings settings;
    private final Layout layout;
    private final KeeperTools tools;
    private final BundleWatch watch;
    private final Restarter restarter;

    ComponentRunner(Settings settings, Layout layout, StateFolder folder, PublishedBundles bundles, KeeperTools tools) {
        this.settings = settings;
        this.layout = layout;
        this.tools = tools;
        this.watch = new BundleWatch(
                settings.components(), settings.etcd().peerPort(), layout, bundles, tools.clock(), tools.random());
        this.restarter = new Restarter(
                settings.components(), layout, folder.path().resolve("restart.json"), tools.clock(), tools.random());
    }

    /** @param server empty where it was just seen not to answer */
    void round(Assignment known, Optional<ServerClient> server) throws InterruptedException {
        Places places = ProofRunner.places(settings, known);
        watch.round(layout.bundles(ClusterFiles.roles(known)), places);
        restarter.round(watch.stale(), places, server.map(Leases::new));
    }

    /** @param identity whose bundle of the installation's authorities the agent itself uses */
    List<LoadedBundle> bundles(Optional<Identity> identity) {
        List<LoadedBundle> bundles = new ArrayList<>(watch.bundles());
        identity.ifPresent(own -> bundles.add(new LoadedBundle(
                "installation",
                own.authorities().authorities().stream()
                        .map(Certificates::fingerprint)
                        .sorted()
                        .toList(),
                true,
                null)));
        return bundles;
    }

    List<String> problems() {
        return restarter.problems();
    }

    /** When a restart that is under way, or a bundle that is not used yet, is to be looked at. */
    Optional<Instant> nextLook() {
        return Stream.of(restarter.nextLook(), watch.nextLook())
                .flatMap(Optional::stream)
                .min(Comparator.naturalOrder());
    }

    private final class Leases implements Restarter.Leases {
        private final ServerClient server;

        Leases(ServerClient server) {
            this.server = server;
        }

        @Override
        public RestartLease ask(RestartLeaseRequest request) throws ServerException {
            return server.restartLease(request, tools.requestId());
        }

        @Override
        public void end(String id, RestartOutcome outcome) throws ServerException {
            server.endRestart(id, outcome, tools.requestId());
        }
    }
}
