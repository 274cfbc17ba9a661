package dev.certfleet.server.access;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.issuance.IssueCertificate;
import dev.certfleet.server.issuance.Order;
import dev.certfleet.server.ledger.Ledger;
import dev.certfleet.server.x509.CertificationRequest;
import dev.certfleet.server.x509.Holder;
import java.time.Clock;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.stereotype.Component;

/** Makes an operator, who exists from the moment their certificate is on record. */
@Component
public class CreateOperator {
    private final OperatorRepository operators;
    private final Ledger ledger;
    private final IssueCertificate issue;
    private final AuditLog audit;
    private final Clock clock;

    CreateOperator(OperatorRepository operators, Ledger ledger, IssueCertificate issue, AuditLog audit, Clock clock) {
        this.operators = operators;
        this.ledger = ledger;
        this.issue = issue;
        this.audit = audit;
        this.clock = clock;
    }

    /**
     * @param request for the operator's key
     * @param actor who makes them
     * @param requestId the actor's name for this request
     * @param requestHash SHA-256 of what is asked
     */
    public OperatorChange create(
            String name,
            Grants grants,
            CertificationRequest request,
            String actor,
            String requestId,
            byte[] requestHash) {
        // 1. A name is given once; the same request again is not a second time
        if (operators.existsById(name)
                && ledger.earlier(actor, requestId, requestHash).isEmpty()) {
            return new OperatorChange.NameTaken();
        }

        // 2. The certificate, and with it the operator
        Order order = new Order(
                ProfileName.OPERATOR, Holder.Installation.operator(name), request, null, actor, requestId, requestHash);
        try {
            return new OperatorChange.Credential(issue.issue(order, certificate -> {
                operators.saveAndFlush(new Operator(name, grants, clock.instant()));
                audit.append(
                        actor,
                        new AuditEvent.OperatorCreated(
                                name, grants.all().stream().map(Grant::toString).toList()));
            }));
        } catch (DataIntegrityViolationException e) {
            if (operators.existsById(name)) {
                return new OperatorChange.NameTaken();
            }
            throw e;
        }
    }
}
