package dev.certfleet.server.access;

import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/**
 * Does what a caller asks under a key once, however often it is sent. The key is taken, the work done and its answer kept
 * in one transaction: a second request under the same key waits for the first, and one that failed left nothing behind.
 */
@Component
public class OncePerKey {
    private static final Duration KEPT = Duration.ofDays(7);

    private final JdbcClient database;
    private final Clock clock;

    OncePerKey(JdbcClient database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * What was answered, without any secret.
     *
     * @param status the answer's status
     * @param body JSON, or empty
     */
    public record Answer(int status, String body) {}

    /** What became of a request under a key. */
    public sealed interface Outcome {
        /** It was done now. */
        record DoneNow() implements Outcome {}

        /** It was done before, with this answer. */
        record DoneBefore(Answer answer) implements Outcome {}

        /** The key was used for something else. */
        record OtherRequest() implements Outcome {}
    }

    /**
     * @param caller who asks, as in audit events; keys of different callers have nothing to do with each other
     * @param requestHash SHA-256 of what is asked
     * @param work does it, in this method's transaction, and gives the answer to keep
     */
    @Transactional
    public Outcome once(String caller, String key, byte[] requestHash, Supplier<Answer> work) {
        if (!take(caller, key, requestHash)) {
            return earlier(caller, key, requestHash);
        }
        Answer answer = work.get();
        database.sql("UPDATE idempotent_answer SET status = ?, body = ? WHERE caller = ? AND key = ?")
                .params(answer.status(), answer.body(), caller, key)
                .update();
        return new Outcome.DoneNow();
    }

    /** Forgets answers of this age: a request that comes again after days is a new one. */
    @Scheduled(fixedDelay = 1, timeUnit = TimeUnit.HOURS)
    @Transactional
    public void forget() {
        database.sql("DELETE FROM idempotent_answer WHERE created_at < ?")
                .param(Timestamp.from(clock.instant().minus(KEPT)))
                .update();
    }

    private boolean take(String caller, String key, byte[] requestHash) {
        return database.sql("INSERT INTO idempotent_answer (caller, key, body_hash, status, body, created_at)"
                                + " VALUES (?, ?, ?, 0, '', ?) ON CONFLICT (caller, key) DO NOTHING")
                        .params(caller, key, requestHash, Timestamp.from(clock.instant()))
                        .update()
                == 1;
    }

    private Outcome earlier(String caller, String key, byte[] requestHash) {
        record Earlier(byte[] requestHash, Answer answer) {}
        Optional<Earlier> found = database.sql(
                        "SELECT body_hash, status, body FROM idempotent_answer WHERE caller = ? AND key = ?")
                .params(caller, key)
                .query((row, number) ->
                        new Earlier(row.getBytes("body_hash"), new Answer(row.getInt("status"), row.getString("body"))))
                .optional();
        Earlier earlier = found.orElseThrow();
        return Arrays.equals(earlier.requestHash(), requestHash)
                ? new Outcome.DoneBefore(earlier.answer())
                : new Outcome.OtherRequest();
    }
}
