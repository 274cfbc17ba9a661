package dev.certfleet.agent.serviceaccount;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.agent.StateFolder;
import dev.certfleet.agent.certificate.KeeperTools;
import dev.certfleet.agent.identity.Identity;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.server.Credential;
import dev.certfleet.agent.server.ServerTrust;
import dev.certfleet.agent.settings.Settings;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.testing.TestAuthority;
import dev.certfleet.pki.wire.KeyRequest;
import dev.certfleet.pki.wire.SealedKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How control-plane nodes come to the same pair, and what a server that carries it between them can not do. */
class ServiceAccountKeysTest {
    private static final SecureRandom RANDOM = new SecureRandom();

    @TempDir
    Path folder;

    private Instant now = Instant.parse("2026-11-24T08:00:00Z");
    private final Clock clock = new Clock() {
        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneOffset getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(java.time.ZoneId zone) {
            return this;
        }
    };
    private final ControlPlane server = new ControlPlane(clock);

    /** A node with files of its own. */
    private final class Node {
        final String name;
        final Identity identity;
        final Layout layout;
        private final StateFolder state;
        private final KeeperTools tools;
        private ServiceAccountKeys keys;

        Node(String name) {
            this(name, server.agents, ControlPlane.CLUSTER);
        }

        Node(String name, TestAuthority authority, String cluster) {
            this.name = name;
            TestAuthority.Leaf leaf = authority.client("CN=" + name + ",O=" + cluster, now);
            this.identity = new Identity(
                    cluster,
                    name,
                    List.of("control-plane"),
                    new Credential(leaf.key(), List.of(leaf.certificate())),
                    new ServerTrust.Bundle(Set.of(authority.certificate())));
            Settings settings = Settings.parse("paths: {kubernetes: " + folder.resolve(name) + ", state: "
                    + folder.resolve(name + "-state") + "}");
            this.layout = new Layout(settings.paths());
            this.state = new StateFolder(settings.paths().state());
            this.tools = KeeperTools.of(settings, clock, RANDOM);
            this.keys = new ServiceAccountKeys(layout, state, tools);
        }

        void restart() {
            keys = new ServiceAccountKeys(layout, state, tools);
        }

        void round() {
            keys.round(
                    server.assignment(name, "control-plane"),
                    identity,
                    Optional.of(report -> server.take(name, report)));
        }

        List<String> problems() {
            return keys.problems();
        }

        boolean has() {
            return Files.exists(layout.serviceAccountKey());
        }

        String key() throws IOException {
            return Files.readString(layout.serviceAccountKey());
        }

        void put(Pair pair) throws IOException {
            Files.createDirectories(layout.serviceAccountKey().getParent());
            Files.writeString(layout.serviceAccountKey(), pair.privateKey());
            Files.writeString(layout.serviceAccountPublicKey(), pair.publicKey());
        }
    }

    private Node first;
    private Node second;

    @BeforeEach
    void boot() {
        first = new Node("cp-1");
        second = new Node("cp-2");
    }

    @Test
    void oneNodeMakesThePairAndTheOthersGetTheSame() throws Exception {
        first.round();
        second.round();
        assertThat(second.has()).isFalse();
        assertThat(second.problems()).singleElement().asString().contains("as cp-1 has");

        first.round();
        second.round();

        assertThat(second.key()).isEqualTo(first.key());
        assertThat(Files.readString(second.layout.serviceAccountPublicKey()))
                .isEqualTo(Files.readString(first.layout.serviceAccountPublicKey()));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(second.layout.serviceAccountKey())))
                .isEqualTo("rw-------");
        assertThat(second.problems()).isEmpty();
        assertThat(server.inPlace).containsOnlyKeys("cp-1", "cp-2");
        try (var left = Files.list(folder.resolve("cp-2-state/service-account"))) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void theServerSeesNoPrivateKey() throws Exception {
        passOn();
        String secret = first.key().replaceAll("-----.*-----|\\s", "").substring(100, 160);
        assertThat(server.reports.toString()).doesNotContain(secret);
        assertThat(server.sealed.get("cp-2")).isNotNull();
    }

    @Test
    void publishesNothingThatAnotherNodeWasFasterWith() throws Exception {
        server.publicKey = "0".repeat(64);
        server.offeredBy = "cp-3";
        first.round();
        assertThat(first.has()).isFalse();
        assertThat(server.requests).containsKey("cp-1");
    }

    @Test
    void goesOnWhereItWasKilledBetweenOfferAndPublication() throws Exception {
        first.keys.round(server.assignment("cp-1", "control-plane"), first.identity, Optional.of(report -> {
            server.take("cp-1", report);
            throw new dev.certfleet.agent.server.ServerException.Unreachable("cut off", null);
        }));
        assertThat(first.has()).isFalse();

        first.restart();
        first.round();

        assertThat(new PairFiles(first.layout).read().orElseThrow().fingerprint())
                .isEqualTo(server.publicKey);
    }

    @Test
    void goesOnWhereItWasKilledBetweenRequestAndAnswer() throws Exception {
        first.round();
        second.round();
        second.restart();
        first.round();
        second.round();
        assertThat(second.key()).isEqualTo(first.key());
    }

    @Test
    void offersAnotherWhereTheOneThatItOfferedIsLost() throws Exception {
        server.publicKey = "0".repeat(64);
        server.offeredBy = "cp-1";
        first.round();
        assertThat(server.reports.getFirst().offered()).isNotNull();
        assertThat(server.requests).as("the server stayed with what it had").containsKey("cp-1");
    }

    @Test
    void keepsAPairThatIsThereAndSaysThatItIsAnother() throws Exception {
        first.round();
        second.put(Pair.make(RANDOM));
        String before = second.key();

        second.round();
        second.round();

        assertThat(second.key()).isEqualTo(before);
        assertThat(second.problems()).singleElement().asString().contains("is another key than the cluster's");
        assertThat(server.reports.stream().filter(report -> report.inPlace() != null))
                .as("each said once")
                .hasSize(2);
    }

    @Test
    void takesUpAPairOfKubeadm() throws Exception {
        Pair made = Pair.make(RANDOM);
        first.put(new Pair(pkcs1(made), made.publicKey()));
        first.round();
        assertThat(server.publicKey).isEqualTo(made.fingerprint());
        second.round();
        first.round();
        second.round();
        assertThat(second.key()).isEqualTo(first.key()).contains("RSA PRIVATE KEY");
    }

    @Test
    void refusesTwoFilesThatAreNoPair() throws Exception {
        first.put(new Pair(Pair.make(RANDOM).privateKey(), Pair.make(RANDOM).publicKey()));
        first.round();
        assertThat(first.problems()).singleElement().asString().contains("not of one pair");
        assertThat(server.reports).isEmpty();
    }

    @Test
    void sealsToNobodyButANodeOfTheCluster() throws Exception {
        TestAuthority foreign = TestAuthority.create("agents", KeyAlgorithm.P256, now);
        for (Node thief : List.of(
                new Node("cp-2", foreign, ControlPlane.CLUSTER), new Node("cp-2", server.agents, "other-cluster"))) {
            first.round();
            KeyPair key = Sealing.agreementKey(RANDOM);
            Peers claimed = new Peers(ControlPlane.CLUSTER, List.of(server.agents.certificate()));
            server.requests.put("cp-2", new Sealing(claimed).request(thief.identity, key.getPublic()));
            first.round();
            assertThat(server.sealed).isEmpty();
            assertThat(first.problems()).singleElement().asString().contains("not passed on to cp-2");
        }
    }

    @Test
    void sealsToNoKeyThatTheServerPutInTheRequest() {
        server.onRequest = request -> new KeyRequest(
                request.node(),
                request.certificate(),
                Transcript.encode(Sealing.agreementKey(RANDOM).getPublic().getEncoded()),
                request.signature());
        first.round();
        second.round();
        first.round();
        assertThat(server.sealed).isEmpty();
        assertThat(first.problems()).singleElement().asString().contains("signature is wrong");
    }

    @Test
    void sealsToNoNodeUnderAnothersName() {
        Node worker = new Node("worker-1");
        KeyPair key = Sealing.agreementKey(RANDOM);
        server.onRequest = request -> {
            try {
                KeyRequest own = new Sealing(new Peers(ControlPlane.CLUSTER, List.of()))
                        .request(worker.identity, key.getPublic());
                return new KeyRequest("cp-2", own.certificate(), own.agreementKey(), own.signature());
            } catch (java.security.GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        };
        first.round();
        second.round();
        first.round();
        assertThat(server.sealed).isEmpty();
    }

    @Test
    void sealsToNoIdentityThatHasEnded() {
        first.round();
        second.round();
        now = now.plus(Duration.ofDays(400));
        first.round();
        assertThat(server.sealed).isEmpty();
        assertThat(first.problems()).isNotEmpty();
    }

    @Test
    void takesNothingThatWasChangedOnTheWay() {
        server.onSealed = one -> with(one, flipped(one.ciphertext()), one.certificate(), one.sender());
        passOn();
        assertThat(second.has()).isFalse();
        assertThat(second.problems()).singleElement().asString().contains("signature is wrong");
    }

    @Test
    void takesNothingThatTheServerSealedItself() throws Exception {
        TestAuthority own = TestAuthority.create("agents", KeyAlgorithm.P256, now);
        Node forger = new Node("cp-1", own, ControlPlane.CLUSTER);
        Pair forged = Pair.make(RANDOM);
        first.round();
        second.round();
        server.publicKey = forged.fingerprint();
        Sealing sealing = new Sealing(new Peers(ControlPlane.CLUSTER, List.of(server.agents.certificate())));
        server.sealed.put("cp-2", sealing.seal(server.requestOf("cp-2"), forged, forger.identity, now, RANDOM));

        second.round();

        assertThat(second.has()).isFalse();
        assertThat(second.problems()).singleElement().asString().contains("is not taken");
    }

    @Test
    void takesNoOtherPairThanTheClusters() {
        first.round();
        second.round();
        first.round();
        server.publicKey = "0".repeat(64);
        second.round();
        assertThat(second.has()).isFalse();
    }

    @Test
    void asksAgainWithAnotherKeyAfterAnAnswerThatIsWorthNothing() throws Exception {
        server.onSealed = one -> with(one, flipped(one.ciphertext()), one.certificate(), one.sender());
        passOn();
        String asked = server.requestOf("cp-2").agreementKey();
        second.round();
        assertThat(server.requestOf("cp-2").agreementKey()).as("not at once").isEqualTo(asked);

        server.onSealed = one -> one;
        now = now.plus(Duration.ofMinutes(2));
        second.round();
        assertThat(server.requestOf("cp-2").agreementKey()).isNotEqualTo(asked);
        server.sealed.clear();
        first.round();
        second.round();
        assertThat(second.key()).isEqualTo(first.key());
    }

    @Test
    void doesNothingOnOtherNodesButTellOfAPairThatIsLeft() throws Exception {
        first.put(Pair.make(RANDOM));
        first.keys.round(server.assignment("cp-1", "worker"), first.identity, Optional.empty());
        assertThat(first.problems()).singleElement().asString().contains("delete it");
        assertThat(first.has()).isTrue();
        second.keys.round(server.assignment("cp-2", "worker"), second.identity, Optional.empty());
        assertThat(second.problems()).isEmpty();
        assertThat(second.has()).isFalse();
    }

    @Test
    void waitsWhereTheServerDoesNotAnswer() {
        first.keys.round(server.assignment("cp-1", "control-plane"), first.identity, Optional.empty());
        assertThat(first.has()).isFalse();
        assertThat(server.reports).isEmpty();
    }

    private void passOn() {
        first.round();
        second.round();
        first.round();
        second.round();
    }

    private static SealedKey with(SealedKey sealed, String ciphertext, String certificate, String sender) {
        return new SealedKey(
                sealed.receiver(),
                sealed.agreementKey(),
                sender,
                certificate,
                sealed.ephemeralKey(),
                ciphertext,
                sealed.signature());
    }

    private static String flipped(String base64) {
        byte[] bytes = Transcript.decode(base64);
        bytes[bytes.length / 2] ^= 1;
        return Transcript.encode(bytes);
    }

    /** As kubeadm writes an RSA key: what is in the PKCS#8 octet string, alone. */
    private static String pkcs1(Pair pair) throws Exception {
        byte[] pkcs8 = dev.certfleet.pki.Pem.decode(pair.privateKey(), dev.certfleet.pki.Pem.PRIVATE_KEY)
                .getFirst();
        var reader = dev.certfleet.pki.der.DerReader.of(pkcs8).sequence();
        reader.skip();
        reader.skip();
        return dev.certfleet.pki.Pem.encode("RSA PRIVATE KEY", reader.octetString());
    }
}
