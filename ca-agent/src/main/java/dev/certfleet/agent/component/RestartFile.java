package dev.certfleet.agent.component;

import dev.certfleet.agent.Json;
import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.publish.StagedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Remembers the restart under way, and for what components were restarted already. */
final class RestartFile {
    private static final System.Logger LOG = System.getLogger("certfleet.agent.restart");
    private static final int KEPT = 50;

    private final Path file;
    private @Nullable Restart active;
    private final List<String> done = new ArrayList<>();

    /** The file's contents. */
    record Stored(@Nullable Restart active, List<String> done) {}

    RestartFile(Path file) {
        this.file = file;
        try {
            Stored stored = Json.read(Stored.class, Files.readAllBytes(file));
            active = stored.active();
            done.addAll(stored.done());
        } catch (IOException | RuntimeException e) {
            if (Files.exists(file)) {
                LOG.log(System.Logger.Level.WARNING, "cannot use {0}: {1}", file, Trouble.oneLine(e));
            }
        }
    }

    Optional<Restart> active() {
        return Optional.ofNullable(active);
    }

    void begin(Restart restart) {
        save(restart);
    }

    /** True where it was restarted for this before. */
    boolean isDone(Component component, String publication) {
        return done.contains(component.label() + " " + publication);
    }

    void end(Restart restart) {
        remember(restart);
        save(null);
    }

    /** From here on the component is not restarted for this again, whatever comes of it. */
    void remember(Restart restart) {
        String what = restart.component().label() + " " + restart.publication();
        if (!done.contains(what)) {
            done.add(what);
        }
        while (done.size() > KEPT) {
            done.removeFirst();
        }
    }

    void save(@Nullable Restart now) {
        StagedFile.replace(file, Json.write(new Stored(now, done)), StagedFile.PRIVATE, Optional.empty());
        active = now;
    }
}
