package dev.certfleet.server.enrolment;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.pki.wire.EnrolmentRequest;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Cluster;
import dev.certfleet.server.authority.Clusters;
import dev.certfleet.server.issuance.Issuance;
import dev.certfleet.server.issuance.IssueCertificate;
import dev.certfleet.server.issuance.Order;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.Ledger;
import dev.certfleet.server.ledger.Reservation;
import dev.certfleet.server.x509.CertificationRequest;
import dev.certfleet.server.x509.Holder;
import dev.certfleet.server.x509.NodeFacts;
import dev.certfleet.server.x509.Violation;
import dev.certfleet.server.x509.Violations;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Gives a node its identity on the evidence of an enrolment token. The token's use, the node and its certificate are
 * recorded in one transaction: no failure uses up a token, and a request that is sent again gets the same answer.
 */
@Component
public class EnrolNode {
    private static final Logger LOG = LoggerFactory.getLogger(EnrolNode.class);
    private final EnrolmentTokenRepository tokens;
    private final NodeRepository nodes;
    private final NodeAddresses nodeAddresses;
    private final NodeCertificates nodeCertificates;
    private final Clusters clusters;
    private final Authorities authorities;
    private final Ledger ledger;
    private final IssueCertificate issueCertificate;
    private final AuditLog audit;
    private final Clock clock;
    private final TransactionTemplate transaction;

    EnrolNode(
            EnrolmentTokenRepository tokens,
            NodeRepository nodes,
            NodeAddresses nodeAddresses,
            NodeCertificates nodeCertificates,
            Clusters clusters,
            Authorities authorities,
            Ledger ledger,
            IssueCertificate issueCertificate,
            AuditLog audit,
            Clock clock,
            PlatformTransactionManager transactions) {
        this.tokens = tokens;
        this.nodes = nodes;
        this.nodeAddresses = nodeAddresses;
        this.nodeCertificates = nodeCertificates;
        this.clusters = clusters;
        this.authorities = authorities;
        this.ledger = ledger;
        this.issueCertificate = issueCertificate;
        this.audit = audit;
        this.clock = clock;
        this.transaction = new TransactionTemplate(transactions);
    }

    /**
     * @param request what the node sent, with a token that is not checked yet
     * @param csr its checked PKCS#10 request
     * @param requestId the node's name for this request
     * @param requestHash SHA-256 of what it asks
     */
    public Enrolment enrol(EnrolmentRequest request, CertificationRequest csr, String requestId, byte[] requestHash) {
        // 1. The token
        Optional<EnrolmentToken> found = tokens.findBySecretHash(EnrolmentTokens.hash(request.token()));
        if (found.isEmpty()) {
            LOG.info("enrolment of a node with an unknown token");
            return new Enrolment.TokenUnknown();
        }
        EnrolmentToken token = found.get();
        String requester = "token:" + token.id();

        // 2. The same request again gets the same answer, even when it was the token's last use; not so a quarantined
        // node
        Optional<Reservation> earlier = ledger.earlier(requester, requestId, requestHash);
        Node.Id id = new Node.Id(token.cluster(), request.nodeName());
        Optional<Node> holder = nodes.findById(id);
        boolean quarantined = holder.isPresent() && holder.get().state() == Node.State.QUARANTINED;
        if (earlier.isPresent() && !quarantined) {
            return answer(earlier.get());
        }
        Enrolment tokenRefused = refusal(token);
        if (tokenRefused != null) {
            refused(token.cluster(), request.nodeName(), "the token's time or uses are over");
            return tokenRefused;
        }

        // 3. What the token grants
        List<String> roles = request.roles().isEmpty() ? token.roles() : request.roles();
        List<Violation> violations = violations(request, token, roles);
        if (!violations.isEmpty()) {
            refused(token.cluster(), request.nodeName(), new Violations(violations).toString());
            return new Enrolment.Refused(new Violations(violations));
        }

        // 4. The name must be free
        if (holder.isPresent() && holder.get().state() != Node.State.REINSTALL_ALLOWED) {
            refused(token.cluster(), request.nodeName(), "the name is taken");
            return new Enrolment.NameTaken();
        }

        // 5. So must the addresses: a certificate says whose they are
        List<String> addresses = NodeAddresses.inOneSpelling(request.addresses());
        List<Violation> taken = nodeAddresses.taken(token.cluster(), request.nodeName(), addresses);
        if (!taken.isEmpty()) {
            refused(token.cluster(), request.nodeName(), new Violations(taken).toString());
            return new Enrolment.Refused(new Violations(taken));
        }

        // 6. The certificate; node and token's use are recorded with it
        Cluster cluster = clusters.named(token.cluster()).orElseThrow();
        NodeFacts facts = Node.facts(request.nodeName(), roles, addresses);
        Optional<String> replaced = holder.map(Node::renamedFrom);
        Order order = new Order(
                ProfileName.NODE_IDENTITY,
                new Holder.Node(cluster.facts(), facts),
                csr,
                null,
                requester,
                requestId,
                requestHash);
        try {
            Issuance issuance = issueCertificate.issue(
                    order,
                    () -> lock(id, replaced),
                    certificate -> admit(token, request, roles, addresses, certificate));
            if (issuance instanceof Issuance.Refused(Violations broken)) {
                refused(token.cluster(), request.nodeName(), broken.toString());
            }
            return answer(issuance);
        } catch (Lost lost) {
            refused(token.cluster(), request.nodeName(), "another enrolment was faster");
            return lost.outcome;
        }
    }

    /** Runs in the transaction that records the certificate. */
    private void admit(
            EnrolmentToken shown,
            EnrolmentRequest request,
            List<String> roles,
            List<String> addresses,
            CertificateRecord certificate) {
        EnrolmentToken token = tokens.lock(shown.id());
        Enrolment tokenRefused = refusal(token);
        if (tokenRefused != null) {
            throw new Lost(tokenRefused);
        }
        token.use();
        nodeAddresses.takeTurns(token.cluster());
        List<Violation> taken = nodeAddresses.taken(token.cluster(), request.nodeName(), addresses);
        if (!taken.isEmpty()) {
            throw new Lost(new Enrolment.Refused(new Violations(taken)));
        }
        Node.Id id = new Node.Id(token.cluster(), request.nodeName());
        Optional<Node> present = nodes.lock(id);
        if (present.isEmpty()) {
            nodes.saveAndFlush(new Node(id, roles, addresses, clock.instant()));
        } else if (present.get().state() == Node.State.REINSTALL_ALLOWED) {
            nodeCertificates.revokeAll(
                    id,
                    certificate.serial(),
                    RevocationReason.SUPERSEDED,
                    "the node was reinstalled",
                    "token:" + token.id());
            retireWhomItReplaces(present.get(), "token:" + token.id());
            present.get().enrolAgain(roles, addresses, clock.instant());
        } else {
            throw new Lost(new Enrolment.NameTaken());
        }
        audit.append(
                "node:" + token.cluster() + "/" + request.nodeName(),
                new AuditEvent.NodeEnrolled(
                        token.cluster(), request.nodeName(), roles, addresses, "token " + token.id()));
    }

    /** Whom it takes the place of first, as a renaming does. */
    private void lock(Node.Id id, Optional<String> replaced) {
        replaced.ifPresent(old -> nodes.lock(new Node.Id(id.cluster(), old)));
        nodes.lock(id);
    }

    private void retireWhomItReplaces(Node renamed, String actor) {
        String old = renamed.renamedFrom();
        if (old == null) {
            return;
        }
        Node.Id id = new Node.Id(renamed.cluster(), old);
        nodes.lock(id).filter(node -> !node.isOut()).ifPresent(node -> {
            node.become(Node.State.RETIRED);
            int revoked = nodeCertificates.revokeAll(
                    id, null, RevocationReason.SUPERSEDED, "the node is now called " + renamed.name(), actor);
            audit.append(actor, new AuditEvent.NodeRetired(node.cluster(), old, revoked));
        });
    }

    /** Another request was faster: what it took is gone, and the transaction rolls back. */
    private static final class Lost extends RuntimeException {
        private final transient Enrolment outcome;

        Lost(Enrolment outcome) {
            super(outcome.toString(), null, false, false);
            this.outcome = outcome;
        }
    }

    private @Nullable Enrolment refusal(EnrolmentToken token) {
        EnrolmentToken.Refusal refusal = token.refusal(clock.instant());
        if (refusal == null) {
            return null;
        }
        return switch (refusal) {
            case WITHDRAWN -> new Enrolment.TokenWithdrawn();
            case EXPIRED -> new Enrolment.TokenExpired();
            case USED_UP -> new Enrolment.TokenUsedUp();
        };
    }

    private static List<Violation> violations(EnrolmentRequest request, EnrolmentToken token, List<String> roles) {
        List<Violation> violations = new ArrayList<>();
        Optional<Violation> name = NodeRules.name(request.nodeName());
        if (name.isPresent()) {
            violations.add(name.get());
        } else if (!token.fits(request.nodeName())) {
            violations.add(
                    new Violation("node-name-not-granted", "the token is for nodes named " + token.nodeNamePattern()));
        }
        violations.addAll(NodeRules.roles(roles));
        roles.stream()
                .filter(role -> NodeRules.roles(List.of(role)).isEmpty())
                .filter(role -> !token.roles().contains(role))
                .map(role -> new Violation("role-not-granted", "the token does not grant the role " + role))
                .forEach(violations::add);
        violations.addAll(NodeAddresses.form(request.addresses()));
        return violations;
    }

    private Enrolment answer(Reservation reservation) {
        return switch (reservation) {
            case Reservation.AlreadyIssued issued -> enrolled(issued.certificate());
            case Reservation.InProgress inProgress -> new Enrolment.InProgress();
            case Reservation.OtherRequest other -> new Enrolment.OtherRequest();
            case Reservation.Made made -> throw new IllegalStateException("a reservation was made and not used");
        };
    }

    private Enrolment answer(Issuance issuance) {
        return switch (issuance) {
            case Issuance.Issued issued -> enrolled(issued.certificate());
            case Issuance.Refused refused -> new Enrolment.Refused(refused.violations());
            case Issuance.InProgress inProgress -> new Enrolment.InProgress();
            case Issuance.OtherRequest other -> new Enrolment.OtherRequest();
        };
    }

    private Enrolment enrolled(CertificateRecord certificate) {
        Node node = nodes.findById(new Node.Id(
                        java.util.Objects.requireNonNull(certificate.cluster()),
                        java.util.Objects.requireNonNull(certificate.node())))
                .orElseThrow();
        return new Enrolment.Enrolled(
                node.cluster(),
                node.name(),
                node.roles(),
                certificate,
                authorities.named(certificate.authority()).orElseThrow());
    }

    private void refused(String cluster, String nodeName, String why) {
        String name = nodeName.length() > 253 ? nodeName.substring(0, 253) : nodeName;
        transaction.executeWithoutResult(
                status -> audit.append("anonymous", new AuditEvent.EnrolmentRefused(cluster, name, why)));
    }
}
