package dev.certfleet.server.web;

import dev.certfleet.server.AdjustableClock;
import dev.certfleet.server.TestServer;
import dev.certfleet.server.schedule.Repeating;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A server whose time and whose rotations move when a test says so. */
record Rotating(TestServer server, AdjustableClock clock) {
    private static final class Shared {
        static final Rotating ONE = start();

        private static Rotating start() {
            try {
                Rotating started = Rotating.start(Files.createTempDirectory("certfleet-rotation"));
                Runtime.getRuntime().addShutdownHook(new Thread(() -> started.server.stop()));
                return started;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The one that the tests of this JVM share. */
    static Rotating shared() {
        return Shared.ONE;
    }

    static Rotating start(Path data) {
        AdjustableClock clock = new AdjustableClock();
        TestServer server = TestServer.start(data, clock);
        server.bean("rotationTurns", Repeating.class).stop();
        return new Rotating(server, clock);
    }

    /** What every server does every few seconds. */
    void turn() {
        server.bean("rotationTurns", Repeating.class).once();
    }
}
