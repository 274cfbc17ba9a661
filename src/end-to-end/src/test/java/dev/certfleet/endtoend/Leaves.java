package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The certificates with a key beside them that agents have published on their nodes, as of one boot. */
final class Leaves {
    /** A worker has three: the kubelet's two and kube-proxy's. */
    private static final int FEWEST = 3;

    private static final Duration LIMIT = Duration.ofSeconds(90);

    private final List<NodeAgent> agents;
    private final Map<Path, X509Certificate> before;

    /** None were there before. */
    Leaves(List<NodeAgent> agents) {
        this(agents, Map.of());
    }

    private Leaves(List<NodeAgent> agents, Map<Path, X509Certificate> before) {
        this.agents = agents;
        this.before = before;
    }

    /** The same at the next boot. */
    Leaves of(List<NodeAgent> booted) {
        return new Leaves(booted, before);
    }

    /** Waits until every node has what it had before, all of it valid by that clock and nothing of it the same. */
    Leaves awaitNew(PastClock clock) {
        Instant now = clock.now();
        assertThat(before.values()).as("what should have ended meanwhile").noneMatch(old -> isValid(old, now));
        Map<Path, X509Certificate> found = new HashMap<>();
        var took = Await.until("every certificate is a new one", LIMIT, () -> {
            found.clear();
            for (NodeAgent agent : agents) {
                var ofNode = read(agent.files().folder());
                if (ofNode.size() < FEWEST) {
                    return false;
                }
                found.putAll(ofNode);
            }
            return found.keySet().containsAll(before.keySet())
                    && found.entrySet().stream()
                            .allMatch(leaf -> isValid(leaf.getValue(), clock.now())
                                    && !leaf.getValue().equals(before.get(leaf.getKey())));
        });
        System.out.println("     " + clock.behind().toDays() + " days ago: " + found.size() + " new certificates, "
                + took.toMillis() + " ms after the server was there");
        return new Leaves(agents, Map.copyOf(found));
    }

    private static boolean isValid(X509Certificate certificate, Instant at) {
        return !at.isBefore(certificate.getNotBefore().toInstant())
                && at.isBefore(certificate.getNotAfter().toInstant());
    }

    /** By file, all that are below a folder. */
    static Map<Path, X509Certificate> read(Path kubernetes) throws IOException, GeneralSecurityException {
        Map<Path, X509Certificate> found = new HashMap<>();
        if (!Files.exists(kubernetes)) {
            return found;
        }
        try (Stream<Path> files = Files.walk(kubernetes)) {
            for (Path file : files.filter(Leaves::hasKey).toList()) {
                try (InputStream in = Files.newInputStream(file)) {
                    found.put(file, (X509Certificate)
                            CertificateFactory.getInstance("X.509").generateCertificate(in));
                }
            }
        }
        return found;
    }

    private static boolean hasKey(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(".crt") && Files.exists(file.resolveSibling(name.replaceFirst("crt$", "key")));
    }
}
