package dev.certfleet.agent.component;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.etcd.Pairs;
import dev.certfleet.agent.etcd.Probe;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.server.Credential;
import dev.certfleet.agent.settings.ComponentSettings;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.ProfileName;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Sees whether a component uses what was published: a serving certificate by a handshake in which the component presents it, a
 * client certificate by a call that lets its bearer in. Each look is a connection of its own, so that what a component keeps
 * for older ones does not matter (docs/adr/0025).
 */
public final class Prover {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final int UNAUTHORIZED = 401;

    private final ComponentSettings settings;
    private final int etcdPeerPort;
    private final Path authority;
    private final Path etcdAuthority;
    private final Handshake handshake;
    private final HttpsCall https;
    private final SelfReview review;
    private final Probe etcd;

    /** @param etcdPeerPort etcd's client port is in {@code settings} */
    public Prover(ComponentSettings settings, int etcdPeerPort, Layout layout, SecureRandom random) {
        this.settings = settings;
        this.etcdPeerPort = etcdPeerPort;
        this.authority = layout.clusterAuthority();
        this.etcdAuthority = layout.etcdAuthority();
        this.handshake = new Handshake(random, TIMEOUT);
        this.https = new HttpsCall(random, TIMEOUT);
        this.review = new SelfReview(https);
        this.etcd = new Probe(random, TIMEOUT);
    }

    /** The component that shows whether a pair is used; empty where none can. */
    public static Optional<Component> witness(ProfileName profile) {
        return switch (profile) {
            case ETCD_SERVER, ETCD_PEER, ETCD_HEALTHCHECK_CLIENT, KUBE_APISERVER_ETCD_CLIENT ->
                Optional.of(Component.ETCD);
            case KUBE_APISERVER,
                    FRONT_PROXY_CLIENT,
                    KUBE_CONTROLLER_MANAGER,
                    KUBE_SCHEDULER,
                    KUBELET_CLIENT,
                    KUBE_PROXY,
                    CSR_SIGNER,
                    ADMIN_KUBECONFIG -> Optional.of(Component.KUBE_APISERVER);
            case KUBELET_SERVING, KUBE_APISERVER_KUBELET_CLIENT -> Optional.of(Component.KUBELET);
            case REVOCATION_GATE -> Optional.of(Component.REVOCATION_GATE);
            case ETCD_CANARY,
                    NODE_IDENTITY,
                    KUBERNETES_ADMIN,
                    KUBERNETES_SUPER_ADMIN,
                    CSR_KUBELET_CLIENT,
                    CSR_KUBELET_SERVING,
                    CSR_CLIENT,
                    SERVER_TLS,
                    OPERATOR -> Optional.empty();
        };
    }

    /** Looks once, with the pair as it is on disk. Takes some seconds where the component hangs. */
    public Finding look(ProfileName profile, Layout.Files files, Places places) {
        Optional<Credential> pair = Pairs.read(files);
        if (pair.isEmpty()) {
            return new Finding.Unclear(
                    files.certificate() + " and " + files.key() + " do not belong together at the moment");
        }
        Credential own = pair.get();
        return switch (profile) {
            case KUBE_APISERVER -> apiServerServes(own, places);
            case ETCD_SERVER -> serves(Component.ETCD, portOf(Component.ETCD), own, Optional.of(own), places);
            case ETCD_PEER -> serves(Component.ETCD, etcdPeerPort, own, Optional.of(own), places);
            case KUBELET_SERVING -> serves(Component.KUBELET, portOf(Component.KUBELET), own, Optional.empty(), places);
            case REVOCATION_GATE ->
                serves(Component.REVOCATION_GATE, portOf(Component.REVOCATION_GATE), own, Optional.empty(), places);
            case ETCD_HEALTHCHECK_CLIENT -> etcdTakes(own, Proof.AUTHENTICATED, places);
            case KUBE_APISERVER_ETCD_CLIENT -> etcdTakes(own, Proof.NEXT_CONNECTION, places);
            case KUBE_APISERVER_KUBELET_CLIENT -> kubeletTakes(own, places);
            case FRONT_PROXY_CLIENT -> apiServerTakes(own, true, places);
            case KUBE_CONTROLLER_MANAGER, KUBE_SCHEDULER, KUBELET_CLIENT, KUBE_PROXY, CSR_SIGNER, ADMIN_KUBECONFIG ->
                apiServerTakes(own, false, places);
            case ETCD_CANARY,
                    NODE_IDENTITY,
                    KUBERNETES_ADMIN,
                    KUBERNETES_SUPER_ADMIN,
                    CSR_KUBELET_CLIENT,
                    CSR_KUBELET_SERVING,
                    CSR_CLIENT,
                    SERVER_TLS,
                    OPERATOR ->
                throw new IllegalArgumentException("no component can show whether " + profile.label() + " is used");
        };
    }

    private int portOf(Component component) {
        return settings.of(component).port();
    }

    private Finding apiServerServes(Credential own, Places places) {
        Optional<URI> where = places.localApiServer();
        if (where.isEmpty()) {
            return new Finding.NotRunning(Component.KUBE_APISERVER);
        }
        try {
            InetAddress address = InetAddress.getByName(where.get().getHost().replaceAll("[\\[\\]]", ""));
            return served(
                    Component.KUBE_APISERVER,
                    own,
                    handshake.with(List.of(address), SelfReview.port(where.get()), Optional.empty()));
        } catch (IOException e) {
            return new Finding.NotRunning(Component.KUBE_APISERVER);
        }
    }

    /** @param shown what to show where the component asks: one that it takes, so that it need not complain in its log */
    private Finding serves(Component component, int port, Credential own, Optional<Credential> shown, Places places) {
        return served(component, own, handshake.with(places.of(settings.of(component)), port, shown));
    }

    private static Finding served(Component component, Credential own, Handshake.Outcome outcome) {
        return switch (outcome) {
            case Handshake.Outcome.NotListening _ -> new Finding.NotRunning(component);
            case Handshake.Outcome.Broken(String what) ->
                new Finding.Refused(component.label() + " makes no TLS connection: " + what);
            case Handshake.Outcome.Done(X509Certificate presented, var _) ->
                presented.equals(own.certificate())
                        ? new Finding.Proven(Proof.SERVED)
                        : new Finding.Refused(component.label() + " serves the certificate with serial "
                                + Certificates.serial(presented) + ", not the published one");
        };
    }

    /** In TLS 1.3 a refused client certificate shows at the first read only, so something is read (RFC 8446 section 4.4). */
    private Finding etcdTakes(Credential own, Proof proof, Places places) {
        return switch (etcd.ask(
                places.of(settings.of(Component.ETCD)), portOf(Component.ETCD), own, certificates(etcdAuthority))) {
            case Probe.Answer.Accepted _ -> new Finding.Proven(proof);
            case Probe.Answer.Refused _ -> new Finding.Refused("etcd refuses it");
            case Probe.Answer.NotListening _ -> new Finding.NotRunning(Component.ETCD);
            case Probe.Answer.Unclear(String what) -> new Finding.Unclear("etcd answers neither yes nor no: " + what);
        };
    }

    /** The request asks for nothing and goes to this node, so the kubelet's own certificate is not looked at. */
    private Finding kubeletTakes(Credential own, Places places) {
        int port = portOf(Component.KUBELET);
        List<InetAddress> addresses = places.of(settings.of(Component.KUBELET));
        for (InetAddress address : addresses) {
            String host = address.getHostAddress();
            URI uri = URI.create("https://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port + "/");
            if (!SelfReview.listens(uri, TIMEOUT)) {
                continue;
            }
            try {
                int status = https.send(uri, Optional.of(own), Optional.empty(), Map.of(), null)
                        .status();
                return status == UNAUTHORIZED
                        ? new Finding.Refused("the kubelet refuses it with status 401")
                        : new Finding.Proven(Proof.NEXT_CONNECTION);
            } catch (IOException e) {
                return new Finding.Unclear("the kubelet answers neither yes nor no: " + Trouble.oneLine(e));
            }
        }
        return new Finding.NotRunning(Component.KUBELET);
    }

    private Finding apiServerTakes(Credential own, boolean frontProxy, Places places) {
        Optional<URI> where = frontProxy ? places.localApiServer() : places.apiServer();
        if (where.isEmpty() || !SelfReview.listens(where.get(), TIMEOUT)) {
            return new Finding.NotRunning(Component.KUBE_APISERVER);
        }
        return review.ask(where.get(), own, frontProxy, certificates(authority));
    }

    private static List<X509Certificate> certificates(Path file) {
        try {
            return Certificates.parse(Files.readString(file, US_ASCII));
        } catch (IOException | CertificateException e) {
            return List.of();
        }
    }
}
