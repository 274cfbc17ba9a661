package dev.certfleet.server.comeback;

import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.comeback.Comeback.Why;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.x509.Serial;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * Tells of comebacks in the audit log. A node that is refused asks again all day, so one identity is told of once an hour by
 * each server.
 */
@Component
class ComebackNews {
    private static final Logger LOG = LoggerFactory.getLogger(ComebackNews.class);
    private static final Duration TOLD_AGAIN_AFTER = Duration.ofHours(1);

    private final AuditLog audit;
    private final Clock clock;
    private final Map<Serial, Instant> told = new ConcurrentHashMap<>();

    ComebackNews(AuditLog audit, Clock clock) {
        this.audit = audit;
        this.clock = clock;
    }

    static String actor(CertificateRecord identity) {
        return "node:" + identity.cluster() + "/" + identity.node();
    }

    /** In the transaction that records the new identity. */
    @Transactional(propagation = Propagation.MANDATORY)
    public void cameBack(CertificateRecord old, CertificateRecord renewed) {
        audit.append(
                actor(old),
                new AuditEvent.NodeCameBack(
                        cluster(old),
                        node(old),
                        old.id().hex(),
                        old.notAfter().toString(),
                        renewed.id().hex()));
    }

    /** Whoever was refused has proved to hold the identity's key. */
    @Transactional
    public void refused(CertificateRecord identity, Comeback outcome) {
        if (!(outcome instanceof Comeback.Refused(Why why, String detail)) || !isNew(identity.serial())) {
            return;
        }
        audit.append(
                actor(identity),
                new AuditEvent.ComebackRefused(cluster(identity), node(identity), why.label(), detail));
        switch (why) {
            case OLDER_IDENTITY ->
                alarm(
                        identity,
                        "old-identity-presented",
                        "somebody has the key of an identity that a newer one replaced: a backup or a clone of the node");
            case UNKNOWN_SERVER -> alarm(identity, "unknown-server-presented", detail);
            case SWITCHED_OFF, NOT_PROVEN, REVOKED, HOLDER_GONE, KEY_BLOCKED, AWAY_TOO_LONG ->
                LOG.warn("node {}/{} cannot come back: {}", cluster(identity), node(identity), detail);
        }
    }

    private void alarm(CertificateRecord identity, String kind, String detail) {
        audit.append(
                actor(identity),
                new AuditEvent.AlarmRaised(
                        cluster(identity), node(identity), kind, identity.id().hex(), detail));
        LOG.warn("alarm: {} by node {}/{}: {}", kind, cluster(identity), node(identity), detail);
    }

    private boolean isNew(Serial identity) {
        Instant now = clock.instant();
        told.values().removeIf(at -> at.plus(TOLD_AGAIN_AFTER).isBefore(now));
        return told.putIfAbsent(identity, now) == null;
    }

    private static String cluster(CertificateRecord identity) {
        return Objects.requireNonNull(identity.cluster());
    }

    private static String node(CertificateRecord identity) {
        return Objects.requireNonNull(identity.node());
    }
}
