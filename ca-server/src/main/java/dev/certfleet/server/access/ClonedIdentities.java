package dev.certfleet.server.access;

import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.x509.Serial;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/**
 * Raises the alarm when an identity is used after a newer one of the same node was: two machines hold the node's keys. The
 * machine that is refused asks again all day, so one identity is told of once an hour by each server.
 */
@Component
class ClonedIdentities {
    private static final Logger LOG = LoggerFactory.getLogger(ClonedIdentities.class);
    private static final Duration TOLD_AGAIN_AFTER = Duration.ofHours(1);

    private final AuditLog audit;
    private final Clock clock;
    private final Map<Serial, Instant> told = new ConcurrentHashMap<>();

    ClonedIdentities(AuditLog audit, Clock clock) {
        this.audit = audit;
        this.clock = clock;
    }

    @Transactional
    public void seen(CertificateRecord identity, String cluster, String node) {
        Instant now = clock.instant();
        told.values().removeIf(at -> at.plus(TOLD_AGAIN_AFTER).isBefore(now));
        if (told.putIfAbsent(identity.serial(), now) != null) {
            return;
        }
        String actor = "node:" + cluster + "/" + node;
        audit.append(
                actor,
                new AuditEvent.ClonedIdentity(cluster, node, identity.serial().hex()));
        audit.append(
                actor,
                new AuditEvent.AlarmRaised(
                        cluster,
                        node,
                        "cloned-identity",
                        identity.id().hex(),
                        "an identity was used after a newer one of the same node"));
        LOG.warn("alarm: cloned identity of node {}/{}, serial {}", cluster, node, identity.serial());
    }
}
