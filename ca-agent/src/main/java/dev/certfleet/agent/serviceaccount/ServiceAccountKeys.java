package dev.certfleet.agent.serviceaccount;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.StateFolder;
import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.certificate.KeeperTools;
import dev.certfleet.agent.identity.Identity;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.server.ServerException;
import dev.certfleet.pki.NodeRole;
import dev.certfleet.pki.wire.Assignment;
import dev.certfleet.pki.wire.KeyRequest;
import dev.certfleet.pki.wire.SealedKey;
import dev.certfleet.pki.wire.ServiceAccountKeyOrder;
import dev.certfleet.pki.wire.ServiceAccountKeyReport;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Has the same service-account key pair on every control-plane node. Where the cluster has none, this node makes one and
 * offers it, and publishes it once the server says that no other node was faster; else it asks the nodes that have it. Where
 * this node has it, it answers those who ask. A pair that is there is never replaced.
 */
public final class ServiceAccountKeys {
    private static final System.Logger LOG = System.getLogger("certfleet.agent.serviceaccount");
    private static final Duration ASK_AGAIN = Duration.ofMinutes(1);
    /** Offer, publish and say so; or open, publish and say so. */
    private static final int MOST_STEPS = 4;

    /** Brings a report to the server, and back what follows from it. */
    public interface Carrier {
        ServiceAccountKeyOrder carry(ServiceAccountKeyReport report) throws ServerException;
    }

    private final Layout layout;
    private final PairFiles files;
    private final Drafts drafts;
    private final KeeperTools tools;

    private @Nullable ServiceAccountKeyOrder answer;
    private String answeredVersion = "";
    private @Nullable String saidToDiffer;
    private @Nullable String askedAs;
    private Instant askAgainAt = Instant.MIN;
    private @Nullable String problem;
    private @Nullable Sealing sealing;
    private String sealingOf = "";
    private @Nullable String sealingBy;

    public ServiceAccountKeys(Layout layout, StateFolder folder, KeeperTools tools) {
        this.layout = layout;
        this.files = new PairFiles(layout);
        this.drafts = new Drafts(folder);
        this.tools = tools;
    }

    /**
     * Goes as far as it can now.
     *
     * @param carrier empty while the server does not answer
     */
    public void round(Assignment known, Identity self, Optional<Carrier> carrier) {
        String before = problem;
        try {
            problem = null;
            if (known.roles().contains(NodeRole.CONTROL_PLANE.label())) {
                advance(known, self, carrier);
            } else if (Files.exists(files.privateKey())) {
                problem = files.privateKey() + " signs tokens of the whole cluster, and this node is no control-plane"
                        + " node; delete it";
            }
        } catch (ServerException | GeneralSecurityException | Trouble e) {
            problem = Trouble.oneLine(e);
        }
        if (problem != null && !problem.equals(before)) {
            LOG.log(System.Logger.Level.WARNING, "service-account key: {0}", problem);
        }
    }

    /** What keeps this node from having the cluster's pair. */
    public List<String> problems() {
        String wrong = problem;
        return wrong == null ? List.of() : List.of("service-account key: " + wrong);
    }

    private void advance(Assignment known, Identity self, Optional<Carrier> carrier)
            throws ServerException, GeneralSecurityException {
        Sealing sealing = sealing(known);
        ServiceAccountKeyOrder order =
                known.version().equals(answeredVersion) && answer != null ? answer : known.serviceAccountKey();
        for (int step = 0; step < MOST_STEPS && order != null; step++) {
            Optional<ServiceAccountKeyReport> report = next(order, self, sealing);
            if (report.isEmpty() || carrier.isEmpty()) {
                return;
            }
            order = carrier.get().carry(report.get());
            answer = order;
            answeredVersion = known.version();
        }
    }

    private Sealing sealing(Assignment known) throws GeneralSecurityException {
        String agents = known.bundles().get("agents");
        Sealing made = sealing;
        if (made == null || !known.cluster().equals(sealingOf) || !Objects.equals(agents, sealingBy)) {
            made = new Sealing(Peers.of(known.cluster(), agents));
            sealing = made;
            sealingOf = known.cluster();
            sealingBy = agents;
        }
        return made;
    }

    /** What is to be told to the server now; empty where nothing is. */
    private Optional<ServiceAccountKeyReport> next(ServiceAccountKeyOrder order, Identity self, Sealing sealing)
            throws GeneralSecurityException {
        Optional<Pair> pair = files.read();
        return pair.isPresent() ? having(pair.get(), order, self, sealing) : lacking(order, self, sealing);
    }

    private Optional<ServiceAccountKeyReport> having(
            Pair pair, ServiceAccountKeyOrder order, Identity self, Sealing sealing) {
        drafts.dropOffer();
        drafts.dropAgreement();
        String own = pair.fingerprint();
        String ours = order.publicKey();
        if (ours != null && !ours.equals(own)) {
            problem = files.privateKey() + " is another key than the cluster's, which " + order.offeredBy()
                    + " has: tokens of this node are refused elsewhere; where it is this one that is wrong, remove "
                    + files.privateKey() + " and " + layout.serviceAccountPublicKey()
                    + " and restart kube-apiserver and kube-controller-manager";
            boolean said = own.equals(saidToDiffer);
            saidToDiffer = own;
            return said ? Optional.empty() : Optional.of(inPlace(own));
        }
        if (ours == null || !order.said()) {
            return Optional.of(inPlace(own));
        }
        List<SealedKey> sealed = new ArrayList<>();
        for (KeyRequest request : order.requests()) {
            try {
                sealed.add(sealing.seal(request, pair, self, now(), tools.random()));
                LOG.log(System.Logger.Level.INFO, "sealed the service-account key for {0}", request.node());
            } catch (GeneralSecurityException | IllegalArgumentException e) {
                problem = "not passed on to " + Trouble.oneLine(request.node()) + ": " + Trouble.oneLine(e);
            }
        }
        return sealed.isEmpty() ? Optional.empty() : Optional.of(new ServiceAccountKeyReport(null, null, null, sealed));
    }

    private Optional<ServiceAccountKeyReport> lacking(ServiceAccountKeyOrder order, Identity self, Sealing sealing)
            throws GeneralSecurityException {
        String ours = order.publicKey();
        Optional<Pair> offer = drafts.offer();
        boolean lost = self.nodeName().equals(order.offeredBy()) && offer.isEmpty() && order.agreementKey() == null;
        if (ours == null || lost) {
            Pair made = offer.orElseGet(() -> drafts.makeOffer(tools.random()));
            return Optional.of(new ServiceAccountKeyReport(null, made.fingerprint(), null, null));
        }
        if (offer.isPresent() && offer.get().fingerprint().equals(ours)) {
            return publish(offer.get(), "made");
        }
        drafts.dropOffer();
        Optional<KeyPair> agreement = drafts.agreement();
        SealedKey sealed = order.sealed();
        if (sealed != null && agreement.isPresent() && isFor(agreement.get(), sealed.agreementKey())) {
            return open(sealed, ours, agreement.get(), self, sealing);
        }
        problem = "waits for a control-plane node that has the cluster's key, as " + order.offeredBy() + " has";
        return ask(order, agreement, self, sealing);
    }

    private Optional<ServiceAccountKeyReport> open(
            SealedKey sealed, String ours, KeyPair agreement, Identity self, Sealing sealing) {
        try {
            return publish(sealing.open(sealed, ours, agreement.getPrivate(), self, now()), "received");
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            // Asked again with another key; what was sealed to this one is worth nothing then.
            drafts.dropAgreement();
            askAgainAt = now().plus(ASK_AGAIN);
            throw new Trouble(
                    ExitCode.REFUSED,
                    "what " + Trouble.oneLine(sealed.sender()) + " is said to have sealed for this node is not taken: "
                            + Trouble.oneLine(e),
                    e);
        }
    }

    /** Once; and again under a renewed identity, as the one that it was signed by ends. */
    private Optional<ServiceAccountKeyReport> ask(
            ServiceAccountKeyOrder order, Optional<KeyPair> agreement, Identity self, Sealing sealing)
            throws GeneralSecurityException {
        boolean asked = agreement.isPresent()
                && order.agreementKey() != null
                && isFor(agreement.get(), order.agreementKey())
                && self.id().equals(askedAs);
        if (asked || now().isBefore(askAgainAt)) {
            return Optional.empty();
        }
        KeyPair key = agreement.orElseGet(() -> drafts.makeAgreement(tools.random()));
        KeyRequest request = sealing.request(self, key.getPublic());
        askedAs = self.id();
        return Optional.of(new ServiceAccountKeyReport(null, null, request, null));
    }

    private Optional<ServiceAccountKeyReport> publish(Pair pair, String how) {
        files.publish(pair);
        LOG.log(System.Logger.Level.INFO, "{0} the service-account key {1}", how, files.privateKey());
        drafts.dropOffer();
        drafts.dropAgreement();
        return files.read().map(Pair::fingerprint).map(ServiceAccountKeys::inPlace);
    }

    private static ServiceAccountKeyReport inPlace(String fingerprint) {
        return new ServiceAccountKeyReport(fingerprint, null, null, null);
    }

    private static boolean isFor(KeyPair agreement, String agreementKey) {
        return Transcript.encode(agreement.getPublic().getEncoded()).equals(agreementKey);
    }

    private Instant now() {
        return tools.clock().instant();
    }
}
