package dev.certfleet.agent.gate;

import dev.certfleet.pki.wire.AgentAlarm;
import dev.certfleet.pki.wire.DoorProofs;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the gate asks of the certfleet server, by the node's own identity. */
public interface ServerConnection {
    /**
     * What became known after a sequence; held back for up to {@code wait} where there is nothing.
     *
     * @param mark what the server gave to be shown; null before it gave any
     * @throws IOException where there is no answer
     */
    FeedAnswer feed(long after, Duration wait, @Nullable String mark) throws IOException, InterruptedException;

    /**
     * The DER encoding of the certificate with this fingerprint. Empty only where the server answered that it knows none: that
     * is an accusation, so everything less certain has to be an exception.
     *
     * @throws IOException where there is no answer
     */
    Optional<byte[]> certificate(String id) throws IOException, InterruptedException;

    /** @throws IOException where the server did not take it */
    void alarm(AgentAlarm alarm) throws IOException, InterruptedException;

    /** The server refuses what it was sent, and will refuse it again. */
    final class NotTakenException extends Exception {
        private static final long serialVersionUID = 1L;

        public NotTakenException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * @throws IOException where the server did not take them
     * @throws NotTakenException where it never will: all of them, for the sake of one perhaps
     */
    void proofs(DoorProofs proofs) throws IOException, NotTakenException, InterruptedException;
}
