package dev.certfleet.agent.adopt;

import dev.certfleet.agent.Json;
import dev.certfleet.agent.StateFolder;
import dev.certfleet.agent.publish.StagedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** What kubeadm had made of the files that are replaced since, in {@code adopted} of the state folder, 0600. */
final class Backup {
    private final Path folder;

    Backup(StateFolder state) {
        this.folder = state.path().resolve("adopted");
    }

    /**
     * Where copies belong.
     *
     * @param file the file that was copied
     * @param copy its copy's name in the folder
     */
    record Entry(String file, String copy) {}

    /** @param files in the order in which they were copied */
    record Manifest(List<Entry> files) {}

    boolean exists() {
        return Files.exists(manifest());
    }

    /** Copies files that are not copied yet: what was there first is what kubeadm made. */
    void keep(Collection<Path> files) throws IOException {
        List<Entry> entries = new ArrayList<>(exists() ? read().files() : List.of());
        StateFolder.createPrivate(folder);
        for (Path file : files) {
            boolean known = entries.stream().anyMatch(entry -> entry.file().equals(file.toString()));
            if (!known && Files.isRegularFile(file)) {
                String copy = entries.size() + "-" + file.getFileName();
                StagedFile.replace(
                        folder.resolve(copy), Files.readAllBytes(file), StagedFile.PRIVATE, Optional.empty());
                entries.add(new Entry(file.toString(), copy));
            }
        }
        StagedFile.replace(manifest(), Json.write(new Manifest(entries)), StagedFile.PRIVATE, Optional.empty());
    }

    /** The copy of a file; empty where there is none. */
    Optional<Path> of(Path file) throws IOException {
        return read().files().stream()
                .filter(entry -> entry.file().equals(file.toString()))
                .map(entry -> folder.resolve(entry.copy()))
                .findFirst();
    }

    private Manifest read() throws IOException {
        return Json.read(Manifest.class, Files.readAllBytes(manifest()));
    }

    private Path manifest() {
        return folder.resolve("manifest.json");
    }
}
