package dev.certfleet.agent.gate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.jr.ob.JSON;

/** The proofs that are still to be had or told, on disk, so that a restart forgets none. */
record ProofFile(Path file) {
    private static final System.Logger LOG = System.getLogger("certfleet.agent.gate");
    private static final int VERSION = 1;

    /** The file's JSON. */
    record Saved(int version, List<ProofKeeper.Pending> pending) {}

    /** What an earlier run left; nothing where that cannot be read. */
    List<ProofKeeper.Pending> load() {
        if (!Files.exists(file)) {
            return List.of();
        }
        try {
            Saved saved = JSON.std.beanFrom(Saved.class, Files.readAllBytes(file));
            if (saved == null || saved.version() != VERSION) {
                throw new IOException("it is not of version " + VERSION);
            }
            return saved.pending();
        } catch (IOException | JacksonException e) {
            LOG.log(System.Logger.Level.ERROR, "{0} cannot be read; what it held is not proved: {1}", file, e);
            return List.of();
        }
    }

    void save(List<ProofKeeper.Pending> pending) throws IOException {
        AtomicFile.write(file, JSON.std.asBytes(new Saved(VERSION, pending)));
    }
}
