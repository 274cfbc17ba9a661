package dev.certfleet.agent;

import dev.certfleet.agent.certificate.KeeperTools;
import dev.certfleet.agent.csr.CsrWatch;
import dev.certfleet.agent.csr.SigningRequests;
import dev.certfleet.agent.gate.ApiServerAccess;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.server.ServerClient;
import dev.certfleet.agent.settings.Settings;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.wire.Assignment;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers CertificateSigningRequests while the node is given the certificate for it: on control-plane nodes, where the
 * cluster's policy names a signer.
 */
final class CsrRunner implements AutoCloseable {
    private final Settings settings;
    private final Layout layout;
    private final KeeperTools tools;
    private final Supplier<Optional<ServerClient>> server;
    private volatile @Nullable Assignment assignment;
    private volatile @Nullable CsrWatch watch;

    CsrRunner(Settings settings, Layout layout, KeeperTools tools, Supplier<Optional<ServerClient>> server) {
        this.settings = settings;
        this.layout = layout;
        this.tools = tools;
        this.server = server;
    }

    /** Begins or ends, as the assignment says. */
    void round(Assignment known) {
        assignment = known;
        Layout.Files pair = layout.of(ProfileName.CSR_SIGNER).orElseThrow();
        boolean isWanted = settings.csrSigner().enabled()
                && known.certificates().stream().anyMatch(one -> one.profile().equals(ProfileName.CSR_SIGNER.label()))
                && Files.exists(pair.certificate())
                && Files.exists(pair.key());
        if (!isWanted) {
            close();
        } else if (watch == null) {
            SigningRequests requests = new SigningRequests(
                    this::apiServer,
                    new ApiServerAccess(layout.clusterAuthority(), pair.certificate(), pair.key(), tools.random()));
            watch = CsrWatch.start(
                    requests,
                    review -> server.get()
                            .orElseThrow(() -> new IOException("this node has no identity yet"))
                            .reviewCsr(review),
                    tools.clock(),
                    tools.random());
        }
    }

    /** This node's own. */
    private URI apiServer() throws IOException {
        Assignment known = assignment;
        Optional<URI> where = known == null
                ? Optional.empty()
                : ProofRunner.places(settings, known).localApiServer();
        return where.orElseThrow(() -> new IOException("which kube-apiserver is this node's is not known"));
    }

    List<String> problems() {
        CsrWatch running = watch;
        return running == null ? List.of() : running.problem().stream().toList();
    }

    /** In Prometheus' text format; empty where it does not run. */
    String metrics() {
        CsrWatch running = watch;
        return running == null ? "" : running.metrics();
    }

    @Override
    public void close() {
        CsrWatch running = watch;
        if (running != null) {
            running.close();
            watch = null;
        }
    }
}
