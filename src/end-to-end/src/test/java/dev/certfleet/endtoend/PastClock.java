package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A clock that is behind and goes on from there, for programs that ask the C library what time it is: the JVM, PostgreSQL and
 * OpenSSL do, static Go programs do not. Only the time of day is another one; how long something takes, and the times of
 * files, are as they are.
 *
 * @param behind how far; zero for the machine's own clock
 */
record PastClock(Duration behind) {
    static final PastClock NONE = new PastClock(Duration.ZERO);

    static PastClock daysAgo(int days) {
        return new PastClock(Duration.ofDays(days));
    }

    Instant now() {
        return Instant.now().minus(behind);
    }

    /** What a program is started with to live by this clock. */
    Map<String, String> environment() {
        return behind.isZero()
                ? Map.of()
                : Map.of(
                        "LD_PRELOAD",
                        library().toString(),
                        "FAKETIME",
                        "-" + behind.toSeconds() + "s",
                        "FAKETIME_DONT_FAKE_MONOTONIC",
                        "1",
                        // Else it takes the JVM's timed waits, which are by the monotonic clock, for ones by the other:
                        // all
                        // of them would end at once.
                        "FAKETIME_FORCE_MONOTONIC_FIX",
                        "0",
                        "NO_FAKE_STAT",
                        "1");
    }

    private static Path library() {
        try (Stream<Path> files = Files.find(
                Path.of("/usr/lib"), 3, (file, _) -> file.endsWith(Path.of("faketime", "libfaketime.so.1")))) {
            return files.findFirst()
                    .orElseThrow(() -> new AssertionError(
                            "there is no libfaketime.so.1 below /usr/lib; install libfaketime (src/verify does)"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
