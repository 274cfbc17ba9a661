package dev.certfleet.server.csr;

import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.authority.Cluster;
import dev.certfleet.server.authority.CsrPolicies;
import dev.certfleet.server.authority.CsrPolicy;
import dev.certfleet.server.enrolment.FindHolder;
import dev.certfleet.server.issuance.Issuance;
import dev.certfleet.server.issuance.IssueCertificate;
import dev.certfleet.server.issuance.Order;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.x509.Lifetimes;
import dev.certfleet.server.x509.Violation;
import dev.certfleet.server.x509.Violations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Decides a CertificateSigningRequest, as Kubernetes' approver and signer do it together: one that nobody approved is approved,
 * denied or left; one that is approved is signed, failed or left. Nothing is issued before it is approved.
 */
@Component
public class ReviewCsr {
    /** What is signed for a CertificateSigningRequest is asked for by its cluster, so that all its nodes get the same. */
    private static final String REQUESTER = "csr:";

    /** Rules that a request breaks today and may not tomorrow. */
    private static final List<String> MAY_PASS = List.of("node-unknown", "authority-expired");

    private final CsrPolicies policies;
    private final FindBearer findBearer;
    private final Approval approval;
    private final IssueCertificate issue;
    private final Lifetimes lifetimes;
    private final AuditLog audit;
    private final TransactionTemplate transaction;

    ReviewCsr(
            CsrPolicies policies,
            FindBearer findBearer,
            Approval approval,
            IssueCertificate issue,
            Lifetimes lifetimes,
            AuditLog audit,
            PlatformTransactionManager transactions) {
        this.policies = policies;
        this.findBearer = findBearer;
        this.approval = approval;
        this.issue = issue;
        this.lifetimes = lifetimes;
        this.audit = audit;
        this.transaction = new TransactionTemplate(transactions);
    }

    /** @param actor the node that found it */
    public Decision review(Csr csr, Cluster cluster, String actor) {
        // 1. Is the signer this cluster's to answer, and is there anything to decide?
        CsrPolicy policy = policies.of(cluster.name());
        if (!policy.answers(csr.signer())) {
            return new Decision.Leave(
                    "SignerNotServed",
                    "the cluster's policy does not name the signer "
                            + csr.signer().label());
        }
        if (!csr.approved() && csr.signer().isApprovedByPeopleAlone()) {
            return approval.of(csr, cluster.name(), policy);
        }

        // 2. For whom, as it is on record
        List<Violation> violations =
                new ArrayList<>(Usages.violation(csr).stream().toList());
        Optional<FindHolder.Found.One> bearer = Optional.empty();
        switch (findBearer.of(csr, cluster)) {
            case FindHolder.Found.One one -> bearer = Optional.of(one);
            case FindHolder.Found.None none ->
                violations.addAll(none.violations().all());
        }

        // 3. Every rule that its certificate would break
        Optional<Order> order = bearer.map(one -> order(csr, cluster, one));
        order.flatMap(issue::violations).ifPresent(broken -> violations.addAll(broken.all()));
        if (!violations.isEmpty()) {
            return refused(csr, cluster, violations, actor);
        }

        // 4. Approve, or sign
        if (!csr.approved()) {
            return audited(csr, cluster, approval.of(csr, cluster.name(), policy), actor);
        }
        return sign(csr, cluster, order.orElseThrow(), bearer.orElseThrow(), actor);
    }

    private Order order(Csr csr, Cluster cluster, FindHolder.Found.One bearer) {
        return new Order(
                csr.signer().profile(),
                bearer.holder(),
                csr.request(),
                lifetime(csr),
                REQUESTER + cluster.name(),
                csr.uid(),
                csr.hash());
    }

    /** What the request asks for, and never more than the profile's. */
    private @Nullable Duration lifetime(Csr csr) {
        Integer asked = csr.expirationSeconds();
        Duration longest = lifetimes.of(csr.signer().profile());
        return asked == null || longest.compareTo(Duration.ofSeconds(asked)) <= 0 ? null : Duration.ofSeconds(asked);
    }

    private Decision sign(Csr csr, Cluster cluster, Order order, FindHolder.Found.One bearer, String actor) {
        Issuance issuance;
        try {
            issuance = issue.issue(order, bearer.still(), certificate -> signed(csr, cluster, certificate, actor));
        } catch (FindHolder.Gone e) {
            return new Decision.Leave("HolderChanged", String.valueOf(e.getMessage()));
        }
        return switch (issuance) {
            case Issuance.Issued issued -> new Decision.Sign(issued.certificate(), issued.authority());
            case Issuance.Refused refused ->
                refused(csr, cluster, refused.violations().all(), actor);
            case Issuance.InProgress _ -> new Decision.InProgress();
            case Issuance.OtherRequest _ -> new Decision.OtherRequest();
        };
    }

    private Decision refused(Csr csr, Cluster cluster, List<Violation> violations, String actor) {
        String message = new Violations(violations).toString();
        if (violations.stream().map(Violation::rule).allMatch(MAY_PASS::contains)) {
            return new Decision.Leave("NotYet", message);
        }
        return audited(
                csr,
                cluster,
                csr.approved()
                        ? new Decision.Fail("SignerValidationFailure", message)
                        : new Decision.Deny("CertfleetPolicy", message),
                actor);
    }

    /** Kubernetes forgets what was decided after an hour; the audit log does not. */
    private Decision audited(Csr csr, Cluster cluster, Decision decision, String actor) {
        switch (decision) {
            case Decision.Approve approve -> append(csr, cluster, "approved", approve.message(), actor);
            case Decision.Deny deny -> append(csr, cluster, "denied", deny.message(), actor);
            case Decision.Fail fail -> append(csr, cluster, "failed", fail.message(), actor);
            case Decision.Leave _, Decision.Sign _, Decision.OtherRequest _, Decision.InProgress _ -> {}
        }
        return decision;
    }

    private void append(Csr csr, Cluster cluster, String decision, String message, String actor) {
        AuditEvent event = new AuditEvent.CsrDecided(
                cluster.name(), csr.uid(), csr.name(), csr.signer().label(), csr.username(), decision, message);
        transaction.executeWithoutResult(status -> audit.append(actor, event));
    }

    private void signed(Csr csr, Cluster cluster, CertificateRecord certificate, String actor) {
        audit.append(
                actor,
                new AuditEvent.CsrSigned(
                        cluster.name(),
                        csr.uid(),
                        csr.name(),
                        csr.signer().label(),
                        csr.username(),
                        certificate.id().hex()));
    }
}
