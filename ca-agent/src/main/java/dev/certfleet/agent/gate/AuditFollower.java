package dev.certfleet.agent.gate;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.jr.ob.JSON;

/**
 * Follows kube-apiserver's audit log: over rotation, which renames the file, and truncation; from where an earlier run stopped,
 * in the file of that time even where it was renamed meanwhile. Lines that are too long or no events are counted and passed over.
 */
final class AuditFollower {
    /** Gets each event. */
    interface Reader {
        /** @param old true of events before the place to begin at: they only say who was where */
        void read(AuditEvent event, boolean old);
    }

    private static final System.Logger LOG = System.getLogger("certfleet.agent.gate");
    private static final Duration LOOK = Duration.ofMillis(250);
    /** Where nothing was written for so many looks. */
    private static final Duration IDLE_LOOK = Duration.ofSeconds(1);
    /** Where there is no log. */
    private static final Duration ABSENT_LOOK = Duration.ofSeconds(5);

    private static final int LOOKS_UNTIL_IDLE = 20;
    private static final Duration SAVE_EVERY = Duration.ofSeconds(5);
    private static final int BUFFER = 128 << 10;
    /** Of one line; kube-apiserver cuts what it logs far below, but names and groups are the callers' choice. */
    static final int MAX_LINE = 1 << 20;

    /** How much of the past is read to know who was where. */
    private static final long LOOK_BACK = 16 << 20;

    private final Path file;
    private final Path positionFile;
    private final Reader reader;
    private final Clock clock;
    private final GateMetrics metrics;

    private @Nullable FileChannel channel;
    private long inode;
    /** In the file, of the first octet that is not in the buffer. */
    private long position;
    /** Events that begin before it are old. */
    private long liveFrom;

    private byte[] buffer = new byte[BUFFER];
    private int held;
    private boolean skipping;
    private @Nullable Position saved;
    private Instant nextSave = Instant.MIN;

    private volatile String problem = "";
    private volatile @Nullable Instant lastEvent;
    private final LongAdder events = new LongAdder();

    /** The file's JSON. */
    record Position(long inode, long offset) {}

    AuditFollower(Path file, Path positionFile, Reader reader, Clock clock, GateMetrics metrics) {
        this.file = file;
        this.positionFile = positionFile;
        this.reader = reader;
        this.clock = clock;
        this.metrics = metrics;
    }

    /** Why it cannot be followed; empty where it can. */
    String problem() {
        return problem;
    }

    @Nullable
    Instant lastEvent() {
        return lastEvent;
    }

    long events() {
        return events.sum();
    }

    /** Until interrupted. */
    void run() throws InterruptedException {
        for (int quiet = 0; !Thread.currentThread().isInterrupted(); quiet++) {
            if (readSome()) {
                quiet = 0;
            } else {
                Thread.sleep(quiet < LOOKS_UNTIL_IDLE ? LOOK : channel == null ? ABSENT_LOOK : IDLE_LOOK);
            }
        }
    }

    /** Reads what is there, up to a buffer; false where there was nothing. */
    synchronized boolean readSome() {
        try {
            FileChannel open = channel == null ? open() : channel;
            if (held == buffer.length) {
                makeRoom();
            }
            int count = open.read(ByteBuffer.wrap(buffer, held, buffer.length - held), position);
            if (count > 0) {
                position += count;
                held += count;
                takeLines();
                saveIfDue();
                problem = "";
                return true;
            }
            boolean changed = follow(open);
            saveIfDue();
            problem = "";
            return changed;
        } catch (IOException e) {
            String now = e instanceof NoSuchFileException
                    ? "there is no audit log " + file
                    : "the audit log cannot be read: " + e;
            if (!now.equals(problem)) {
                LOG.log(System.Logger.Level.WARNING, now);
            }
            problem = now;
            save();
            close();
            return false;
        }
    }

    /** Where the file ended: is there another one, or is this one shorter than it was? */
    private boolean follow(FileChannel open) throws IOException {
        if (!Files.exists(file)) {
            // It is being rotated at this moment, or gone; the next look tells.
            if (inode != 0 && open.size() == position) {
                throw new NoSuchFileException(file.toString());
            }
            return false;
        }
        long present = inodeOf(file);
        if (present != inode) {
            // Written after the last read and before the rename.
            if (open.size() > position) {
                return true;
            }
            close();
            begin(file, 0, 0);
            metrics.count("audit-rotated");
            return true;
        }
        if (open.size() < position) {
            metrics.count("audit-truncated");
            close();
            begin(file, 0, 0);
            return true;
        }
        return false;
    }

    private FileChannel open() throws IOException {
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file.toString());
        }
        Position before = saved == null ? savedPosition() : saved;
        if (before == null) {
            // One that was not there a moment ago is new from its first line on.
            long end = problem.isEmpty() ? Files.size(file) : 0;
            return begin(file, Math.max(0, end - LOOK_BACK), end);
        }
        if (inodeOf(file) == before.inode()) {
            long from = Math.min(before.offset(), Files.size(file)) == before.offset() ? before.offset() : 0;
            return begin(file, Math.max(0, from - LOOK_BACK), from);
        }
        Path renamed = sibling(before.inode());
        if (renamed != null && Files.size(renamed) >= before.offset()) {
            return begin(renamed, Math.max(0, before.offset() - LOOK_BACK), before.offset());
        }
        return begin(file, 0, 0);
    }

    private FileChannel begin(Path which, long from, long live) throws IOException {
        FileChannel open = FileChannel.open(which, StandardOpenOption.READ);
        channel = open;
        inode = inodeOf(which);
        position = from;
        liveFrom = live;
        held = 0;
        skipping = from > 0 && from < live;
        return open;
    }

    private @Nullable Path sibling(long wanted) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null) {
            return null;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path one : (Iterable<Path>) files::iterator) {
                if (Files.isRegularFile(one) && inodeOf(one) == wanted) {
                    return one;
                }
            }
        }
        return null;
    }

    private static long inodeOf(Path path) throws IOException {
        return (Long) Files.getAttribute(path, "unix:ino");
    }

    private void makeRoom() {
        if (buffer.length < MAX_LINE) {
            buffer = Arrays.copyOf(buffer, Math.min(MAX_LINE, buffer.length * 2));
        } else {
            metrics.count("audit-line-too-long");
            skipping = true;
            held = 0;
        }
    }

    private void takeLines() {
        int begin = 0;
        for (int i = 0; i < held; i++) {
            if (buffer[i] == '\n') {
                if (!skipping && i > begin) {
                    take(begin, i - begin);
                }
                skipping = false;
                begin = i + 1;
            }
        }
        if (skipping) {
            held = 0;
            return;
        }
        held -= begin;
        if (buffer.length > BUFFER && held < BUFFER) {
            buffer = Arrays.copyOfRange(buffer, begin, begin + BUFFER);
        } else {
            System.arraycopy(buffer, begin, buffer, 0, held);
        }
    }

    private void take(int from, int length) {
        boolean old = position - held + from < liveFrom;
        try {
            AuditEvent event = AuditEvent.read(buffer, from, length);
            if (!old) {
                events.increment();
                lastEvent = clock.instant();
            }
            reader.read(event, old);
        } catch (IllegalArgumentException e) {
            if (!old) {
                metrics.count("audit-line-unreadable");
            }
        }
    }

    private void saveIfDue() {
        Instant now = clock.instant();
        if (!now.isBefore(nextSave)) {
            nextSave = now.plus(SAVE_EVERY);
            save();
        }
    }

    /** Remembers where the first line begins that was not taken yet. */
    private void save() {
        Position here = new Position(inode, Math.max(liveFrom, position - held));
        if (channel == null || here.equals(saved)) {
            return;
        }
        try {
            AtomicFile.write(positionFile, JSON.std.asBytes(here));
            saved = here;
        } catch (IOException e) {
            metrics.count("audit-position-not-saved");
            LOG.log(System.Logger.Level.DEBUG, "the place in the audit log cannot be saved: {0}", e.toString());
        }
    }

    private @Nullable Position savedPosition() {
        try {
            return JSON.std.beanFrom(Position.class, Files.readAllBytes(positionFile));
        } catch (IOException | JacksonException e) {
            return null;
        }
    }

    /** Ends, and remembers how far it was read. */
    synchronized void end() {
        save();
        close();
    }

    private void close() {
        FileChannel open = channel;
        channel = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, "closing the audit log: {0}", e.toString());
            }
        }
    }
}
