package dev.certfleet.server.access;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.issuance.IssueCertificate;
import dev.certfleet.server.issuance.Order;
import dev.certfleet.server.x509.CertificationRequest;
import dev.certfleet.server.x509.Holder;
import org.springframework.stereotype.Component;

/** Gives an operator another certificate, for a new key. The old one lives until it expires or is revoked. */
@Component
public class RenewOperator {
    private final OperatorRepository operators;
    private final IssueCertificate issue;
    private final AuditLog audit;

    RenewOperator(OperatorRepository operators, IssueCertificate issue, AuditLog audit) {
        this.operators = operators;
        this.issue = issue;
        this.audit = audit;
    }

    /**
     * @param request for the new key
     * @param actor who asks
     * @param requestId the actor's name for this request
     * @param requestHash SHA-256 of what is asked
     */
    public OperatorChange renew(
            String name, CertificationRequest request, String actor, String requestId, byte[] requestHash) {
        if (operators.findById(name).filter(operator -> !operator.isRemoved()).isEmpty()) {
            return new OperatorChange.NoSuchOperator();
        }
        Order order = new Order(
                ProfileName.OPERATOR, Holder.Installation.operator(name), request, null, actor, requestId, requestHash);
        try {
            return new OperatorChange.Credential(issue.issue(order, certificate -> {
                // One who is removed at this moment gets nothing: their certificates were revoked before this one
                // exists
                if (operators.lock(name).isEmpty()) {
                    throw new RemovedMeanwhile();
                }
                audit.append(actor, new AuditEvent.OperatorCredentialReplaced(name, "renewal"));
            }));
        } catch (RemovedMeanwhile e) {
            return new OperatorChange.NoSuchOperator();
        }
    }

    private static final class RemovedMeanwhile extends RuntimeException {}
}
