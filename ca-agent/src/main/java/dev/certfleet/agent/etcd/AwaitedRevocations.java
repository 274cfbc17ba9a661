package dev.certfleet.agent.etcd;

import dev.certfleet.agent.Json;
import dev.certfleet.agent.StateFolder;
import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.publish.StagedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Those revocations that are yet to be seen enforced, oldest first, over restarts; the oldest leave where there are too many. */
final class AwaitedRevocations {
    private static final System.Logger LOG = System.getLogger("certfleet.agent.etcd");
    private static final int MOST = 10_000;

    private final Path file;
    private final Map<String, Awaited> byId = new LinkedHashMap<>();
    private boolean changed;

    AwaitedRevocations(Path file) {
        this.file = file;
    }

    synchronized void load() {
        try {
            Json.read(Awaited.File.class, Files.readAllBytes(file))
                    .revocations()
                    .forEach(awaited -> byId.putIfAbsent(awaited.id(), awaited));
        } catch (NoSuchFileException e) {
            // Nothing was awaited.
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "cannot use {0}: {1}", file, Trouble.oneLine(e));
        }
    }

    synchronized void add(Awaited awaited) {
        if (byId.putIfAbsent(awaited.id(), awaited) == null) {
            changed = true;
            if (byId.size() > MOST) {
                byId.remove(byId.keySet().iterator().next());
            }
        }
    }

    synchronized void replace(Awaited awaited) {
        changed |= byId.replace(awaited.id(), awaited) != null;
    }

    synchronized void removeIf(Predicate<Awaited> which) {
        changed |= byId.values().removeIf(which);
    }

    synchronized List<Awaited> all() {
        return List.copyOf(byId.values());
    }

    synchronized int size() {
        return byId.size();
    }

    /** Writes what changed since it was written last. */
    synchronized void save() {
        if (changed) {
            StateFolder.createPrivate(StagedFile.folderOf(file));
            StagedFile.replace(
                    file,
                    Json.write(new Awaited.File(new ArrayList<>(byId.values()))),
                    StagedFile.PRIVATE,
                    Optional.empty());
            changed = false;
        }
    }
}
