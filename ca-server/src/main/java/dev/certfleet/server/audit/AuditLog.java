package dev.certfleet.server.audit;

import java.sql.Timestamp;
import java.time.Clock;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import tools.jackson.databind.json.JsonMapper;

/** Appends to the audit log. The database refuses every change of what is in it. */
@Component
public class AuditLog {
    private final JdbcClient database;
    private final JsonMapper json;
    private final ApplicationEventPublisher events;
    private final Clock clock;

    AuditLog(JdbcClient database, JsonMapper json, ApplicationEventPublisher events, Clock clock) {
        this.database = database;
        this.json = json;
        this.events = events;
        this.clock = clock;
    }

    /**
     * Appends in the caller's transaction, so that an event exists exactly when what it tells does; who listens to events
     * of that transaction hears of it too.
     *
     * @param actor who did it: {@code operator:NAME}, {@code node:CLUSTER/NAME}, {@code server}
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public void append(String actor, AuditEvent event) {
        database.sql("INSERT INTO audit_event (at, actor, cluster, type, detail) VALUES (?, ?, ?, ?, ?::jsonb)")
                .param(Timestamp.from(clock.instant()))
                .param(actor)
                .param(event.cluster())
                .param(event.type())
                .param(json.writeValueAsString(event))
                .update();
        events.publishEvent(event);
    }
}
