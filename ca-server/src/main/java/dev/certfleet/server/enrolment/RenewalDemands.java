package dev.certfleet.server.enrolment;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import java.sql.Timestamp;
import java.time.Clock;
import java.util.Set;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** Asks nodes to renew; their assignments say so from then on. */
@Component
class RenewalDemands {
    private final JdbcClient database;
    private final AuditLog audit;
    private final Clock clock;

    RenewalDemands(JdbcClient database, AuditLog audit, Clock clock) {
        this.database = database;
        this.audit = audit;
        this.clock = clock;
    }

    /** Of these profiles, or of all that the node holds where none are named. */
    @Transactional(propagation = Propagation.MANDATORY)
    void of(Node node, Set<ProfileName> profiles, String actor) {
        for (ProfileName profile : ProfileName.values()) {
            if (profiles.contains(profile) || (profiles.isEmpty() && Assignments.isHeld(profile, node))) {
                database.sql("INSERT INTO renewal_demand (cluster, node, profile, before) VALUES (?, ?, ?, ?)"
                                + " ON CONFLICT (cluster, node, profile) DO UPDATE SET before = excluded.before")
                        .params(node.cluster(), node.name(), profile.label(), Timestamp.from(clock.instant()))
                        .update();
            }
        }
        audit.append(
                actor,
                new AuditEvent.RenewalDemanded(
                        node.cluster(),
                        node.name(),
                        profiles.stream().map(ProfileName::label).sorted().toList()));
    }
}
