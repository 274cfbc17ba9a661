package dev.certfleet.server.enrolment;

import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** Tells the audit log of enrolments that were refused although the evidence named a cluster truly. */
@Component
class Refusals {
    private static final int LONGEST_NAME = 253;

    private final AuditLog audit;

    Refusals(AuditLog audit) {
        this.audit = audit;
    }

    @Transactional(propagation = Propagation.REQUIRES_NEW)
    void tell(String cluster, String nodeName, String why) {
        String name = nodeName.length() > LONGEST_NAME ? nodeName.substring(0, LONGEST_NAME) : nodeName;
        audit.append("anonymous", new AuditEvent.EnrolmentRefused(cluster, name, why));
    }

    /** Why evidence is not good for this enrolment, in words. */
    static String text(Enrolment outcome) {
        return switch (outcome) {
            case Enrolment.EvidenceUsed used -> "the evidence was used before";
            case Enrolment.MachineTaken taken -> "the machine is another node";
            case Enrolment.NoLongerAdmitted withdrawn -> "what admitted the machine was withdrawn";
            case Enrolment.NotProven(String why) -> why;
            default -> "the token's time or uses are over";
        };
    }
}
