package dev.certfleet.agent.etcd;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.sun.net.httpserver.HttpServer;
import dev.certfleet.agent.gate.FakeResponder;
import dev.certfleet.agent.gate.MovableClock;
import dev.certfleet.agent.gate.RevocationListener.Revoked;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.server.Credential;
import dev.certfleet.agent.settings.PathSettings;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.PrivateKeys;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.pki.ocsp.OcspClient;
import dev.certfleet.pki.ocsp.OcspVerifier;
import dev.certfleet.pki.testing.TestAuthority;
import dev.certfleet.pki.testing.TestAuthority.Leaf;
import dev.certfleet.pki.testing.TestCrl;
import dev.certfleet.pki.wire.DoorProof;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A node with role etcd: what its agent published, a server that gives CRLs, and an etcd where a test starts one. */
final class GuardedNode implements AutoCloseable {
    final MovableClock clock = new MovableClock();
    final Instant start = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    final TestAuthority authority = TestAuthority.create("etcd", KeyAlgorithm.P256, start);
    final FakeResponder responder;
    final Layout layout;
    final Path state;
    final Leaf server = authority.server("CN=etcd-1", start);
    final Leaf health = authority.client("CN=health", start);
    final Leaf canary = authority.client("CN=canary", start);
    final Set<BigInteger> revoked =
            new LinkedHashSet<>(Set.of(canary.certificate().getSerialNumber()));
    final List<DoorProof> proofs = new ArrayList<>();
    final int clientPort;
    final int peerPort;
    private final Map<Integer, byte[]> crls = new HashMap<>();
    private final HttpServer status;
    private final List<FakeEtcd> parts = new ArrayList<>();
    int fetches;
    boolean proofsAreTaken = true;
    /** What is answered in place of the CRL. */
    byte @Nullable [] lie;

    GuardedNode(Path folder) throws IOException {
        this.state = folder.resolve("state");
        this.layout = new Layout(new PathSettings(folder.resolve("kubernetes"), state, Optional.empty(), Map.of()));
        this.responder = new FakeResponder(authority, clock);
        put(ProfileName.ETCD_SERVER, server);
        put(ProfileName.ETCD_PEER, health);
        put(ProfileName.ETCD_HEALTHCHECK_CLIENT, health);
        put(ProfileName.ETCD_CANARY, canary);
        try (ServerSocket one = new ServerSocket(0);
                ServerSocket other = new ServerSocket(0)) {
            clientPort = one.getLocalPort();
            peerPort = other.getLocalPort();
        }
        status = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        status.createContext("/etcd.crl", exchange -> {
            try (exchange) {
                fetches++;
                byte[] body = lie == null ? crl() : lie;
                exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
                exchange.getResponseBody().write(body);
            }
        });
        status.start();
    }

    void put(ProfileName profile, Leaf leaf) throws IOException {
        Layout.Files files = layout.of(profile).orElseThrow();
        Files.createDirectories(
                java.util.Objects.requireNonNull(files.certificate().getParent()));
        Files.writeString(files.certificate(), Certificates.pem(List.of(leaf.certificate())), US_ASCII);
        Files.writeString(files.key(), PrivateKeys.encode(leaf.key()), US_ASCII);
    }

    /** As the server makes it now: once for what is revoked; the number is that of its entries. */
    synchronized byte[] crl() {
        return crls.computeIfAbsent(revoked.size(), number -> {
            TestCrl crl = TestCrl.of(authority, number, start);
            revoked.forEach(crl::revokes);
            return crl.der();
        });
    }

    String url() {
        return "http://127.0.0.1:" + status.getAddress().getPort() + "/etcd.crl";
    }

    Situation situation() {
        return new Situation(List.of(authority.certificate()), URI.create(url()), Optional.of(responder.uri()));
    }

    /** A new process on what is on disk; nothing runs by itself. */
    EtcdGuard boot() {
        return EtcdGuard.make(
                layout,
                state.resolve("etcd"),
                clientPort,
                peerPort,
                List.of(),
                new OcspClient(
                        new OcspVerifier(clock, OcspVerifier.DEFAULT_TOLERANCE),
                        new SecureRandom(),
                        Duration.ofSeconds(2)),
                sent -> {
                    if (!proofsAreTaken) {
                        throw new IOException("the server is away");
                    }
                    proofs.addAll(sent);
                },
                clock,
                new SecureRandom());
    }

    /** @param readsCrl false for one that was started without the flags */
    void startEtcd(boolean readsCrl) throws IOException, GeneralSecurityException {
        Credential own = new Credential(server.key(), List.of(server.certificate()));
        for (int port : new int[] {clientPort, peerPort}) {
            parts.add(FakeEtcd.start(port, authority.certificate(), own, readsCrl ? layout.etcdCrl() : null));
        }
    }

    /** With the flags. */
    void restartEtcd() {
        parts.forEach(etcd -> etcd.read(layout.etcdCrl()));
    }

    private void stopEtcd() throws IOException {
        for (FakeEtcd part : parts) {
            part.close();
        }
        parts.clear();
    }

    Revoked told(Leaf leaf) {
        return new Revoked(
                Certificates.fingerprint(leaf.certificate()),
                leaf.certificate(),
                RevocationReason.UNSPECIFIED,
                start,
                List.of());
    }

    Leaf client(String name) {
        return authority.client("CN=" + name, start);
    }

    /** The next of what is due. */
    void work(EtcdGuard guard) throws InterruptedException {
        clock.advance(Duration.ofSeconds(61));
        guard.work();
    }

    @Override
    public void close() throws IOException {
        stopEtcd();
        status.stop(0);
        responder.close();
    }
}
