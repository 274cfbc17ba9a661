package dev.certfleet.agent.component;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.Json;
import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.publish.BundlePublisher;
import dev.certfleet.agent.publish.StagedFile;
import dev.certfleet.pki.Certificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Publishes CA bundles and remembers since when each file is as it is. Written down before the rename and after it: where the
 * process is killed in between, the bundle counts as published when that is noticed, so that a component is never taken for
 * younger than what it read.
 */
public final class PublishedBundles {
    private static final System.Logger LOG = System.getLogger("certfleet.agent.files");

    private final Path file;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /** The file's contents. */
    public record Stored(List<Entry> bundles) {}

    /**
     * A bundle.
     *
     * @param authorities fingerprints of its certificates
     * @param boot the boot in which it was published; empty for long ago
     * @param sinceMillis when, since that boot; negative while the rename may not have happened yet
     */
    public record Entry(String bundle, List<String> authorities, String boot, long sinceMillis) {
        boolean isPending() {
            return sinceMillis < 0;
        }

        /** True for a process of this boot that may have read the file as it was before. */
        boolean isYoungerThan(Duration started, String thisBoot) {
            return boot.equals(thisBoot) && started.toMillis() <= sinceMillis;
        }
    }

    /** @param file where it remembers */
    public PublishedBundles(Path file) {
        this.file = file;
        try {
            Json.read(Stored.class, Files.readAllBytes(file))
                    .bundles()
                    .forEach(entry -> entries.put(entry.bundle(), entry));
        } catch (IOException | RuntimeException e) {
            if (Files.exists(file)) {
                LOG.log(System.Logger.Level.WARNING, "cannot use {0}: {1}", file, Trouble.oneLine(e));
            }
        }
    }

    /** @return true where the target was changed */
    public boolean publish(String bundle, String pem, Path target) {
        List<String> authorities = fingerprints(BundlePublisher.parse(bundle, pem));
        Entry known = entries.get(bundle);
        boolean isNew = known == null || !known.authorities().equals(authorities) || known.isPending();
        if (isNew) {
            // What is in place without a record was there before this agent was: components have it.
            boolean wasThere = known == null && authorities.equals(published(target));
            put(wasThere ? new Entry(bundle, authorities, "", 0) : new Entry(bundle, authorities, "", -1));
        }
        boolean changed = BundlePublisher.publish(bundle, pem, target);
        Entry now = entries.get(bundle);
        if (changed || (now != null && now.isPending())) {
            put(new Entry(
                    bundle,
                    authorities,
                    ProcessTable.bootId(),
                    ProcessTable.uptime().toMillis()));
        }
        return changed;
    }

    /** Empty while it was never published. */
    Optional<Entry> of(String bundle) {
        return Optional.ofNullable(entries.get(bundle)).filter(entry -> !entry.isPending());
    }

    private static List<String> published(Path target) {
        try {
            return fingerprints(Certificates.parse(Files.readString(target, US_ASCII)));
        } catch (IOException | CertificateException e) {
            return List.of();
        }
    }

    private static List<String> fingerprints(List<X509Certificate> certificates) {
        return certificates.stream().map(Certificates::fingerprint).toList();
    }

    private void put(Entry entry) {
        entries.put(entry.bundle(), entry);
        StagedFile.replace(
                file, Json.write(new Stored(new ArrayList<>(entries.values()))), StagedFile.PRIVATE, Optional.empty());
    }
}
