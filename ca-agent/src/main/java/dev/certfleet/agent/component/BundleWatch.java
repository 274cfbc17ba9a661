package dev.certfleet.agent.component;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.component.BundleReader.AtStart;
import dev.certfleet.agent.component.BundleReader.Through;
import dev.certfleet.agent.component.BundleReader.Watching;
import dev.certfleet.agent.etcd.Pairs;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.server.Credential;
import dev.certfleet.agent.settings.ComponentSettings;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.wire.LoadedBundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * Sees whether the components that run use the CA bundles as they are published: by what they name in a handshake, and, where
 * a file is read once, by when they started. What was seen holds until the bundle changes, since a component that starts
 * later reads the newest.
 */
public final class BundleWatch {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    /** kube-apiserver looks at its AuthorizationConfiguration each minute, if nothing tells it of a change before. */
    private static final Duration READ_WITHIN = Duration.ofSeconds(70);
    /** What reloads by itself or is restarted does so soon after a publication; what is left waits for a person. */
    private static final Duration SOON = Duration.ofMinutes(2);

    private static final Duration LOOK_SOON = Duration.ofSeconds(1);
    private static final Duration LOOK = Duration.ofSeconds(15);

    private final ComponentSettings settings;
    private final Layout layout;
    private final PublishedBundles published;
    private final BundleReaders readers;
    private final Handshake handshake;
    private final Clock clock;
    private final Map<String, List<String>> loaded = new HashMap<>();
    private List<LoadedBundle> last = List.of();
    private Map<Component, Stale> stale = Map.of();
    private @Nullable Instant waitingSince;

    /**
     * A component that has to be restarted to use what is published.
     *
     * @param pid its process
     * @param started since the boot
     * @param bundle the bundle that it has an old copy of
     * @param publication what tells this state of the bundle from every other
     */
    public record Stale(Component component, long pid, Duration started, String bundle, String publication) {}

    public BundleWatch(
            ComponentSettings settings,
            int etcdPeerPort,
            Layout layout,
            PublishedBundles published,
            Clock clock,
            SecureRandom random) {
        this.settings = settings;
        this.layout = layout;
        this.published = published;
        this.readers = new BundleReaders(layout, settings, etcdPeerPort);
        this.handshake = new Handshake(random, TIMEOUT);
        this.clock = clock;
    }

    /** @param bundles the files that this node has, by bundle name */
    public void round(Map<String, Path> bundles, Places places) {
        List<LoadedBundle> seen = new ArrayList<>();
        Map<Component, Stale> old = new EnumMap<>(Component.class);
        bundles.forEach((name, file) -> published.of(name).ifPresent(entry -> {
            @Nullable String waitingFor = null;
            if (!entry.authorities().equals(loaded.get(name))) {
                waitingFor = waitingFor(entry, file, bundles, places, old);
                if (waitingFor == null) {
                    loaded.put(name, entry.authorities());
                }
            }
            seen.add(new LoadedBundle(name, entry.authorities(), waitingFor == null, waitingFor));
        }));
        last = List.copyOf(seen);
        stale = Map.copyOf(old);
        boolean waits = last.stream().anyMatch(bundle -> !bundle.loaded());
        waitingSince = !waits ? null : waitingSince == null ? clock.instant() : waitingSince;
    }

    /** When to look again whether components use what is published; empty where they do. */
    public Optional<Instant> nextLook() {
        Instant since = waitingSince;
        if (since == null) {
            return Optional.empty();
        }
        Instant now = clock.instant();
        return Optional.of(now.plus(now.isBefore(since.plus(SOON)) ? LOOK_SOON : LOOK));
    }

    /** What was seen in the last round. */
    public List<LoadedBundle> bundles() {
        return last;
    }

    /** What only a restart helps, as of the last round. */
    public Map<Component, Stale> stale() {
        return stale;
    }

    private @Nullable String waitingFor(
            PublishedBundles.Entry entry,
            Path file,
            Map<String, Path> bundles,
            Places places,
            Map<Component, Stale> old) {
        @Nullable String first = null;
        for (BundleReader reader : readers.of(entry.bundle(), file)) {
            if (!settings.looksAt(reader.component())) {
                continue;
            }
            @Nullable
            String waits = switch (reader) {
                case AtStart once -> oldProcess(once, entry, old);
                case Through through -> unread(through, entry, file);
                case Watching watching -> unnamed(watching, file, bundles, places);
            };
            first = first == null ? waits : first;
        }
        return first;
    }

    private static @Nullable String oldProcess(AtStart once, PublishedBundles.Entry entry, Map<Component, Stale> old) {
        String boot = ProcessTable.bootId();
        for (ProcessTable.Running process : ProcessTable.named(once.component().label())) {
            boolean reads = once.flags().stream()
                    .anyMatch(flag -> process.says(flag, once.file().toString()));
            if (reads && entry.isYoungerThan(process.started(), boot)) {
                old.putIfAbsent(
                        once.component(),
                        new Stale(
                                once.component(),
                                process.pid(),
                                process.started(),
                                entry.bundle(),
                                entry.bundle() + "@" + entry.boot() + "+" + entry.sinceMillis()));
                return "restart of " + once.component().label();
            }
        }
        return null;
    }

    private @Nullable String unread(Through through, PublishedBundles.Entry entry, Path file) {
        String boot = ProcessTable.bootId();
        boolean isOld = ProcessTable.named(through.component().label()).stream()
                .filter(process ->
                        process.says(through.flag(), through.configuration().toString()))
                .anyMatch(process -> entry.isYoungerThan(process.started(), boot));
        return isOld && !wasReadSince(through.configuration(), file)
                ? through.component().label() + " to read " + through.configuration()
                : null;
    }

    private boolean wasReadSince(Path configuration, Path file) {
        try {
            Instant written = Files.getLastModifiedTime(configuration).toInstant();
            return written.isAfter(Files.getLastModifiedTime(file).toInstant())
                    && written.plus(READ_WITHIN).isBefore(clock.instant());
        } catch (IOException e) {
            return false;
        }
    }

    /** What the component names has to be what is published: all of it, and nothing that is not. */
    private @Nullable String unnamed(Watching watching, Path file, Map<String, Path> bundles, Places places) {
        return switch (handshake(watching, places)) {
            case Handshake.Outcome.NotListening _ -> null;
            case Handshake.Outcome.Broken _ ->
                "an answer of " + watching.component().label();
            case Handshake.Outcome.Done(var _, List<X500Principal> accepts) -> {
                Set<X500Principal> own = subjects(file);
                Set<X500Principal> all = new HashSet<>(own);
                watching.others()
                        .forEach(other ->
                                Optional.ofNullable(bundles.get(other)).ifPresent(path -> all.addAll(subjects(path))));
                Set<X500Principal> named = Set.copyOf(accepts);
                yield named.containsAll(own) && all.containsAll(named)
                        ? null
                        : watching.component().label() + " to use " + file;
            }
        };
    }

    private Handshake.Outcome handshake(Watching watching, Places places) {
        List<InetAddress> addresses = places.of(settings.of(watching.component()));
        int port = watching.port();
        Optional<Credential> own = Optional.empty();
        if (watching.component() == Component.ETCD) {
            own = layout.of(ProfileName.ETCD_PEER).flatMap(Pairs::read);
        } else if (places.localApiServer().isPresent()) {
            try {
                addresses = List.of(InetAddress.getByName(
                        places.localApiServer().get().getHost().replaceAll("[\\[\\]]", "")));
                port = SelfReview.port(places.localApiServer().get());
            } catch (UnknownHostException e) {
                return new Handshake.Outcome.NotListening();
            }
        }
        return handshake.with(addresses, port, own);
    }

    private static Set<X500Principal> subjects(Path file) {
        try {
            Set<X500Principal> subjects = new HashSet<>();
            Certificates.parse(Files.readString(file, US_ASCII))
                    .forEach(authority -> subjects.add(authority.getSubjectX500Principal()));
            return subjects;
        } catch (IOException | CertificateException e) {
            return Set.of();
        }
    }
}
