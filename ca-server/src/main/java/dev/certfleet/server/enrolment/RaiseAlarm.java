package dev.certfleet.server.enrolment;

import dev.certfleet.pki.wire.AgentAlarm;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Takes a node's alarm down, in the audit log and in the server's own. */
@Component
public class RaiseAlarm {
    private static final Logger LOG = LoggerFactory.getLogger(RaiseAlarm.class);
    private static final int LONGEST = 1000;

    private final AuditLog audit;

    RaiseAlarm(AuditLog audit) {
        this.audit = audit;
    }

    @Transactional
    public void raise(String cluster, String node, AgentAlarm alarm, String actor) {
        String id = alarm.credentialId();
        audit.append(
                actor,
                new AuditEvent.AlarmRaised(
                        cluster,
                        node,
                        oneLine(alarm.kind()),
                        id == null ? null : oneLine(id),
                        oneLine(alarm.detail())));
        LOG.warn("alarm of node {}/{}: {}: {}", cluster, node, oneLine(alarm.kind()), oneLine(alarm.detail()));
    }

    /** What a node says is not believed to be short, or to be text alone. */
    private static String oneLine(String text) {
        String line = text.replaceAll("\\p{Cntrl}", " ");
        return line.length() > LONGEST ? line.substring(0, LONGEST) : line;
    }
}
