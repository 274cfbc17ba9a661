package dev.certfleet.agent.gate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AuditFollowerTest {
    @TempDir
    private Path folder;

    private final List<String> live = new ArrayList<>();
    private final List<String> old = new ArrayList<>();
    private final GateMetrics metrics = new GateMetrics();
    private Path log;
    private AuditFollower follower;

    @BeforeEach
    void start() {
        log = folder.resolve("audit.log");
        follower = follower();
    }

    private AuditFollower follower() {
        return new AuditFollower(
                log,
                folder.resolve("state/audit.json"),
                (event, isOld) -> (isOld ? old : live).add(event.user()),
                new MovableClock(),
                metrics);
    }

    private void write(String text) throws IOException {
        Files.writeString(log, text, CREATE, APPEND);
    }

    private static String line(String user) {
        return "{\"user\":{\"username\":\"" + user + "\"},\"sourceIPs\":[\"10.0.0.1\"]}\n";
    }

    private void readAll() {
        for (int i = 0; i < 100; i++) {
            follower.readSome();
        }
    }

    private void restart() {
        follower.end();
        follower = follower();
    }

    @Test
    void beginsAtTheEndAndKnowsWhoWasThereBefore() throws IOException {
        write(line("before"));
        readAll();
        write(line("after"));
        readAll();

        assertThat(live).containsExactly("after");
        assertThat(old).containsExactly("before");
    }

    @Test
    void readsALogFromItsStartThatWasNotThereAMomentAgo() throws IOException {
        readAll();
        assertThat(follower.problem()).startsWith("there is no audit log");
        write(line("first"));
        readAll();

        assertThat(live).containsExactly("first");
        assertThat(follower.problem()).isEmpty();
    }

    @Test
    void waitsForTheEndOfALine() throws IOException {
        write("");
        readAll();
        String whole = line("alice");
        write(whole.substring(0, 20));
        readAll();
        assertThat(live).isEmpty();
        write(whole.substring(20));
        readAll();

        assertThat(live).containsExactly("alice");
    }

    @Test
    void goesOnWhereItStoppedEvenInTheMiddleOfALine() throws IOException {
        write("");
        readAll();
        write(line("one") + line("two").substring(0, 10));
        readAll();
        restart();
        write(line("two").substring(10) + line("three"));
        readAll();

        assertThat(live).containsExactly("one", "two", "three");
    }

    @Test
    void followsRotationWithoutLosingALine() throws IOException {
        write("");
        readAll();
        write(line("one"));
        readAll();
        write(line("two"));
        Files.move(log, folder.resolve("audit-2026.log"));
        readAll();
        write(line("three"));
        readAll();

        assertThat(live).containsExactly("one", "two", "three");
    }

    @Test
    void readsTheRestOfAFileThatWasRotatedWhileItWasAway() throws IOException {
        write("");
        readAll();
        write(line("one"));
        readAll();
        follower.end();
        write(line("two"));
        Files.move(log, folder.resolve("audit-2026.log"));
        write(line("three"));
        follower = follower();
        readAll();

        assertThat(live).containsExactly("one", "two", "three");
    }

    @Test
    void beginsAgainWhereTheLogWasCutShort() throws IOException {
        write(line("a long one before the cut"));
        readAll();
        Files.writeString(log, line("cut"));
        readAll();

        assertThat(live).containsExactly("cut");
    }

    @Test
    void countsGarbageAndWhatIsTooLongAndGoesOn() throws IOException {
        write("");
        readAll();
        write("garbage\n\n" + "x".repeat(AuditFollower.MAX_LINE + 10) + "\n"
                + line("n".repeat(300_000)).replace("n".repeat(299_990), "") + line("alice"));
        readAll();

        assertThat(live).endsWith("alice").hasSize(2);
        assertThat(metrics.counted("audit-line-unreadable")).isEqualTo(1);
        assertThat(metrics.counted("audit-line-too-long")).isEqualTo(1);
        assertThat("\n".getBytes(UTF_8)).hasSize(1);
    }
}
