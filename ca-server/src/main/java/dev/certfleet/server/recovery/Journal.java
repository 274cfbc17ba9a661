package dev.certfleet.server.recovery;

import dev.certfleet.server.installation.CannotStart;
import dev.certfleet.server.installation.DataFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/**
 * This server's journal of what is revoked or blocked, in the folder {@code journal} of its data folder, outside of any database. One
 * thread writes: what waits while it forces the disk goes with the next force, so that many who revoke share it.
 */
@Component
class Journal implements DisposableBean {
    static final long ROTATE_AT = 16L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
    private static final String FOLDER = "journal";
    /** How many of the newest entries are compared with the database again and again. */
    private static final int RECENT = 256;

    private static final int TOGETHER = 500;

    private final JournalFiles files;
    private final JsonMapper json;
    private final BlockingQueue<Waiting> queue = new LinkedBlockingQueue<>();
    private final Deque<JournalEntry> recent = new ArrayDeque<>();
    private final Thread writer;
    private volatile @Nullable String failure;

    Journal(DataFolder folder, JsonMapper json) {
        this.json = json;
        this.files = open(folder.file(FOLDER));
        this.writer = Thread.ofPlatform().daemon().name("journal").start(this::write);
    }

    private static JournalFiles open(Path folder) {
        try {
            return JournalFiles.open(folder, ROTATE_AT);
        } catch (JournalFiles.Damaged e) {
            throw new CannotStart(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new CannotStart("the journal " + folder + " cannot be used: " + e, e);
        }
    }

    private record Waiting(List<JournalEntry> entries, CompletableFuture<Void> done) {}

    /** Returns once all entries are on the disk. */
    void append(List<JournalEntry> entries) {
        Waiting waiting = new Waiting(entries, new CompletableFuture<>());
        queue.add(waiting);
        try {
            waiting.done().get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotJournalled(e);
        } catch (ExecutionException e) {
            throw new NotJournalled(e.getCause() == null ? e : e.getCause());
        }
    }

    private void write() {
        try {
            while (true) {
                List<Waiting> together = new ArrayList<>(List.of(queue.take()));
                queue.drainTo(together);
                write(together);
            }
        } catch (InterruptedException e) {
            queue.forEach(waiting -> waiting.done().completeExceptionally(new IOException("the server stops")));
        }
    }

    private void write(List<Waiting> together) {
        List<JournalEntry> entries =
                together.stream().flatMap(waiting -> waiting.entries().stream()).toList();
        try {
            files.append(entries.stream().map(json::writeValueAsString).toList());
            remember(entries);
            if (failure != null) {
                LOG.info("the journal can be written again");
            }
            failure = null;
            together.forEach(waiting -> waiting.done().complete(null));
        } catch (IOException | RuntimeException e) {
            if (failure == null) {
                LOG.error("the journal cannot be written", e);
            }
            failure = String.valueOf(e.getMessage());
            together.forEach(waiting -> waiting.done().completeExceptionally(e));
        }
    }

    private void remember(List<JournalEntry> entries) {
        synchronized (recent) {
            recent.addAll(entries);
            while (recent.size() > RECENT) {
                recent.removeFirst();
            }
        }
    }

    /** Why the newest append failed; null where it did not. */
    @Nullable
    String failure() {
        return failure;
    }

    /** The newest entries of this run, oldest first. */
    List<JournalEntry> recent() {
        synchronized (recent) {
            return List.copyOf(recent);
        }
    }

    /** The files, oldest first. */
    List<Path> files() {
        try {
            return files.all();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The entries of a file, oldest first. */
    List<JournalEntry> entries(Path file) {
        try {
            List<JournalEntry> entries = new ArrayList<>();
            for (String line : files.lines(file)) {
                entries.add(entry(file, entries.size() + 1, line));
            }
            return entries;
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    /** The file is whole: such a line was written by a server that knows more than this one. */
    private JournalEntry entry(Path file, int number, String line) {
        try {
            return JournalEntry.read(json, line);
        } catch (IllegalArgumentException e) {
            throw new CannotStart(
                    "entry " + number + " of the journal " + file + " is of a newer server, or of none ("
                            + e.getMessage() + "): start the newer one",
                    e);
        }
    }

    /**
     * Deletes a file whose certificates all ended, after what still holds of it was written again. A file that is mostly that
     * stays as it is, and so does one while the journal cannot be written.
     */
    void retire(Path file, List<JournalEntry> holds) {
        try {
            if (octets(holds) * 2 > Files.size(file)) {
                return;
            }
            for (int from = 0; from < holds.size(); from += TOGETHER) {
                append(holds.subList(from, Math.min(holds.size(), from + TOGETHER)));
            }
            files.delete(file);
            LOG.info(
                    "deleted {}: all certificates in it have ended; what else holds, {} entries, was written again",
                    file.getFileName(),
                    holds.size());
        } catch (NotJournalled e) {
            LOG.warn("kept {}: {}", file.getFileName(), e.getMessage());
        } catch (NoSuchFileException e) {
            LOG.debug("{} was deleted before", file.getFileName());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long octets(List<JournalEntry> entries) {
        return entries.stream()
                .mapToLong(entry -> json.writeValueAsBytes(entry).length + 1L)
                .sum();
    }

    @Override
    public void destroy() throws IOException, InterruptedException {
        writer.interrupt();
        writer.join();
        files.close();
    }
}
