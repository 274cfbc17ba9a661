package dev.certfleet.server.ledger;

import java.sql.Timestamp;
import java.time.Clock;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** What confirmed calls that revoked many certificates were answered, by their confirmation. */
@Component
public class BulkAnswers {
    private final JdbcClient database;
    private final Clock clock;

    BulkAnswers(JdbcClient database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /** The answer, JSON. */
    public Optional<String> of(String confirmation) {
        return database.sql("SELECT answer::text FROM bulk_revocation WHERE confirmation = ?")
                .param(confirmation)
                .query(String.class)
                .optional();
    }

    /** Keeps an answer in the transaction of what it tells. */
    @Transactional(propagation = Propagation.MANDATORY)
    public void keep(String confirmation, String operation, String by, String answer) {
        database.sql("INSERT INTO bulk_revocation (confirmation, operation, made_by, made_at, answer)"
                        + " VALUES (?, ?, ?, ?, ?::jsonb) ON CONFLICT (confirmation) DO UPDATE"
                        + " SET made_at = excluded.made_at, answer = excluded.answer")
                .params(confirmation, operation, by, Timestamp.from(clock.instant()), answer)
                .update();
    }
}
