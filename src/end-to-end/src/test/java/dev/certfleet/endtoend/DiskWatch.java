package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.jspecify.annotations.Nullable;

/**
 * Looks at what is on the nodes' disks: each second, and whenever it is asked to. A pair is good when its certificate has not
 * ended, the key is its own, and its issuer is in the bundle by which the node's components judge it.
 *
 * <p>Two files are not replaced in one step (ADR 0004): a pair that watchers read, and that was seen between its two renames, is
 * looked at again. Where its agent was killed just there, the agent has to complete it when it is back; such a pair is counted.
 */
final class DiskWatch implements AutoCloseable {
    private static final Duration TURN = Duration.ofSeconds(1);
    private static final Duration MENDED_WITHIN = Duration.ofSeconds(30);
    private static final Duration AGAIN = Duration.ofMillis(10);
    private static final int LOOKS = 5;
    private static final String NOT_ITS_KEY = "the key is not the certificate's";
    private static final String CLIENTS = "pki/client-ca.crt";
    private static final String CLUSTER = "pki/ca.crt";
    private static final String ETCD = "pki/etcd/ca.crt";

    /** By which bundle each pair is judged. */
    private static final Map<String, String> PAIRS = Map.ofEntries(
            Map.entry("pki/apiserver", CLUSTER),
            Map.entry("pki/apiserver-kubelet-client", CLUSTER),
            Map.entry("pki/kubelet", CLUSTER),
            Map.entry("pki/kubelet-client", CLIENTS),
            Map.entry("pki/controller-manager", CLIENTS),
            Map.entry("pki/scheduler", CLIENTS),
            Map.entry("pki/admin", CLIENTS),
            Map.entry("pki/kube-proxy", CLIENTS),
            Map.entry("pki/apiserver-etcd-client", ETCD),
            Map.entry("pki/etcd/server", ETCD),
            Map.entry("pki/etcd/peer", ETCD),
            Map.entry("pki/etcd/healthcheck-client", ETCD),
            Map.entry("pki/front-proxy-client", "pki/front-proxy-ca.crt"),
            Map.entry("certfleet/gate/gate", "certfleet/gate/ca.crt"));

    private final List<NodeAgent> agents;
    private final List<String> problems = new ArrayList<>();
    private final Map<Path, Set<String>> serials = new ConcurrentHashMap<>();
    private final Map<Path, Instant> torn = new ConcurrentHashMap<>();
    private final Set<Path> everTorn = ConcurrentHashMap.newKeySet();
    private final AtomicLong looks = new AtomicLong();
    private final Thread thread;

    private DiskWatch(List<NodeAgent> agents) {
        this.agents = agents;
        this.thread = Thread.ofPlatform().daemon().name("disk watch").start(this::work);
    }

    static DiskWatch start(List<NodeAgent> agents) {
        return new DiskWatch(agents);
    }

    private void work() {
        try {
            while (true) {
                agents.forEach(this::look);
                Thread.sleep(TURN);
            }
        } catch (InterruptedException e) {
            // Only close() interrupts.
            Thread.currentThread().interrupt();
        }
    }

    /** Looks at every pair of a node now. */
    void look(NodeAgent agent) {
        PAIRS.forEach((name, bundle) -> {
            Path certificate = agent.files().folder().resolve(name + ".crt");
            Path key = agent.files().folder().resolve(name + ".key");
            if (serials.containsKey(certificate) || (Files.exists(certificate) && Files.exists(key))) {
                look(certificate, key, agent.files().folder().resolve(bundle));
            }
        });
    }

    private void look(Path certificate, Path key, Path bundle) {
        @Nullable String problem = problem(certificate, key, bundle);
        for (int i = 1; i < LOOKS && problem != null; i++) {
            pause();
            problem = problem(certificate, key, bundle);
        }
        if (problem == null) {
            torn.remove(certificate);
            looks.incrementAndGet();
            return;
        }
        if (problem.startsWith(NOT_ITS_KEY)) {
            everTorn.add(certificate);
            if (torn.computeIfAbsent(certificate, path -> Instant.now())
                    .plus(MENDED_WITHIN)
                    .isAfter(Instant.now())) {
                return;
            }
        }
        synchronized (problems) {
            problems.add(Instant.now() + " " + certificate + ": " + problem);
        }
    }

    private @Nullable String problem(Path certificate, Path key, Path bundle) {
        try {
            List<X509Certificate> chain = certificates(certificate);
            X509Certificate leaf = chain.getFirst();
            serials.computeIfAbsent(certificate, path -> ConcurrentHashMap.newKeySet())
                    .add(leaf.getSerialNumber().toString(16));
            if (!leaf.getNotAfter().toInstant().isAfter(Instant.now())) {
                return "ended on " + leaf.getNotAfter().toInstant();
            }
            if (certificates(bundle).stream().noneMatch(authority -> isSignedBy(leaf, authority))) {
                return leaf.getIssuerX500Principal() + " is not in " + bundle;
            }
            return belongTogether(leaf, key(key)) ? null : NOT_ITS_KEY;
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            return e.toString();
        }
    }

    private static boolean isSignedBy(X509Certificate leaf, X509Certificate authority) {
        try {
            leaf.verify(authority.getPublicKey());
            return authority.getSubjectX500Principal().equals(leaf.getIssuerX500Principal());
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static List<X509Certificate> certificates(Path file) throws IOException, GeneralSecurityException {
        try (var in = Files.newInputStream(file)) {
            List<X509Certificate> found = new ArrayList<>();
            for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                found.add((X509Certificate) each);
            }
            return found;
        }
    }

    private static PrivateKey key(Path file) throws IOException {
        try (Reader reader = Files.newBufferedReader(file);
                PEMParser parser = new PEMParser(reader)) {
            Object read = parser.readObject();
            return new JcaPEMKeyConverter()
                    .getPrivateKey(read instanceof PEMKeyPair pair ? pair.getPrivateKeyInfo() : (PrivateKeyInfo) read);
        }
    }

    private static boolean belongTogether(X509Certificate certificate, PrivateKey key) throws GeneralSecurityException {
        String algorithm = key.getAlgorithm().startsWith("EC") ? "SHA256withECDSA" : "SHA256withRSA";
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(key);
        byte[] signed = signature.sign();
        signature.initVerify(certificate.getPublicKey());
        return signature.verify(signed);
    }

    private static void pause() {
        try {
            Thread.sleep(AGAIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Every moment at which a node had no good pair. */
    List<String> problems() {
        synchronized (problems) {
            return List.copyOf(problems);
        }
    }

    /** How often a pair was seen to be good. */
    long looks() {
        return looks.get();
    }

    /** Pairs that were seen between their two renames, after a kill. */
    int torn() {
        return everTorn.size();
    }

    /** How many certificates each pair has had since the first look, by file. */
    Map<String, Integer> renewals() {
        Map<String, Integer> counts = new TreeMap<>();
        serials.forEach((file, seen) -> counts.put(file.toString(), seen.size() - 1));
        return counts;
    }

    /** Of the pair that was renewed least often. */
    int fewestRenewals() {
        Collection<Integer> counts = renewals().values();
        return counts.stream().mapToInt(Integer::intValue).min().orElse(0);
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
