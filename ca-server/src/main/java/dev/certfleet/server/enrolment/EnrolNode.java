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
import java.util.List;
import java.util.Optional;
import org.springframework.stereotype.Component;

/**
 * Gives a node its identity: evidence, what it proves, whether that is enough, the identity. The evidence's use, the node and
 * its certificate are recorded in one transaction: no failure uses anything up, and a request that is sent again gets the same
 * answer.
 */
@Component
public class EnrolNode {
    private final TokenEvidence tokens;
    private final TpmEvidence tpms;
    private final DocumentEvidence documents;
    private final Machines machines;
    private final NodeRepository nodes;
    private final NodeAddresses nodeAddresses;
    private final NodeCertificates nodeCertificates;
    private final Clusters clusters;
    private final Authorities authorities;
    private final Ledger ledger;
    private final IssueCertificate issueCertificate;
    private final AuditLog audit;
    private final Clock clock;
    private final Refusals refusals;

    EnrolNode(
            TokenEvidence tokens,
            TpmEvidence tpms,
            DocumentEvidence documents,
            Machines machines,
            NodeRepository nodes,
            NodeAddresses nodeAddresses,
            NodeCertificates nodeCertificates,
            Clusters clusters,
            Authorities authorities,
            Ledger ledger,
            IssueCertificate issueCertificate,
            AuditLog audit,
            Clock clock,
            Refusals refusals) {
        this.tokens = tokens;
        this.tpms = tpms;
        this.documents = documents;
        this.machines = machines;
        this.nodes = nodes;
        this.nodeAddresses = nodeAddresses;
        this.nodeCertificates = nodeCertificates;
        this.clusters = clusters;
        this.authorities = authorities;
        this.ledger = ledger;
        this.issueCertificate = issueCertificate;
        this.audit = audit;
        this.clock = clock;
        this.refusals = refusals;
    }

    /**
     * @param evidence not checked yet
     * @param request what the node sent
     * @param csr its checked PKCS#10 request
     * @param requestId the node's name for this request
     * @param requestHash SHA-256 of what it asks
     */
    public Enrolment enrol(
            Evidence evidence,
            EnrolmentRequest request,
            CertificationRequest csr,
            String requestId,
            byte[] requestHash) {
        // 1. What the evidence proves
        Grant grant;
        switch (examine(evidence, csr)) {
            case Examination.Proven(Grant proven) -> grant = proven;
            case Examination.Refused(Enrolment why) -> {
                return why;
            }
        }

        // 2. The same request again gets the same answer, even when it was the evidence's last use; not so a
        // quarantined
        // node
        Optional<Reservation> earlier = ledger.earlier(grant.requester(), requestId, requestHash);
        Node.Id id = new Node.Id(grant.cluster(), request.nodeName());
        Optional<Node> holder = nodes.findById(id);
        boolean quarantined = holder.isPresent() && holder.get().state() == Node.State.QUARANTINED;
        if (earlier.isPresent() && !quarantined) {
            return answer(earlier.get());
        }
        Enrolment used = grant.use().refusal(request.nodeName());
        if (used != null) {
            refused(grant, request, Refusals.text(used));
            return used;
        }

        // 3. What the evidence grants
        Wishes wishes = Wishes.of(request, grant);
        List<Violation> violations = wishes.violations(grant);
        if (!violations.isEmpty()) {
            refused(grant, request, new Violations(violations).toString());
            return new Enrolment.Refused(new Violations(violations));
        }

        // 4. The name must be free
        if (holder.isPresent() && holder.get().state() != Node.State.REINSTALL_ALLOWED) {
            refused(grant, request, "the name is taken");
            return new Enrolment.NameTaken();
        }

        // 5. So must the addresses: a certificate says whose they are
        List<String> addresses = wishes.canonicalAddresses();
        List<Violation> taken = nodeAddresses.taken(id.cluster(), id.name(), addresses);
        if (!taken.isEmpty()) {
            refused(grant, request, new Violations(taken).toString());
            return new Enrolment.Refused(new Violations(taken));
        }

        // 6. The certificate; node and the evidence's use are recorded with it
        Cluster cluster = clusters.named(grant.cluster()).orElseThrow();
        NodeFacts facts = Node.facts(request.nodeName(), wishes.roles(), addresses);
        Optional<String> replaced = holder.map(Node::renamedFrom);
        Order order = new Order(
                ProfileName.NODE_IDENTITY,
                new Holder.Node(cluster.facts(), facts),
                csr,
                null,
                grant.requester(),
                requestId,
                requestHash);
        try {
            Issuance issuance = issueCertificate.issue(
                    order,
                    () -> lock(id, replaced),
                    certificate -> admit(grant, id, wishes.roles(), addresses, certificate));
            if (issuance instanceof Issuance.Refused(Violations broken)) {
                refused(grant, request, broken.toString());
            }
            return answer(issuance);
        } catch (Lost lost) {
            refused(grant, request, "another enrolment was faster");
            return lost.outcome;
        }
    }

    private Examination examine(Evidence evidence, CertificationRequest csr) {
        return switch (evidence) {
            case Evidence.Token token -> tokens.examine(token);
            case Evidence.TpmAttestation tpm -> tpms.examine(tpm, csr);
            case Evidence.IdentityDocument document -> documents.examine(document, csr);
        };
    }

    /** Runs in the transaction that records the certificate. */
    private void admit(
            Grant grant, Node.Id id, List<String> roles, List<String> addresses, CertificateRecord certificate) {
        machines.forget(id.cluster(), id.name());
        Enrolment used = grant.use().use(id.name());
        if (used != null) {
            throw new Lost(used);
        }
        nodeAddresses.takeTurns(id.cluster());
        List<Violation> taken = nodeAddresses.taken(id.cluster(), id.name(), addresses);
        if (!taken.isEmpty()) {
            throw new Lost(new Enrolment.Refused(new Violations(taken)));
        }
        Optional<Node> present = nodes.lock(id);
        if (present.isEmpty()) {
            nodes.saveAndFlush(new Node(id, roles, addresses, clock.instant()));
        } else if (present.get().state() == Node.State.REINSTALL_ALLOWED) {
            nodeCertificates.revokeAll(
                    id,
                    certificate.serial(),
                    RevocationReason.SUPERSEDED,
                    "the node was reinstalled",
                    grant.requester());
            retireWhomItReplaces(present.get(), grant.requester());
            present.get().enrolAgain(roles, addresses, clock.instant());
        } else {
            throw new Lost(new Enrolment.NameTaken());
        }
        audit.append(
                "node:" + id.cluster() + "/" + id.name(),
                new AuditEvent.NodeEnrolled(id.cluster(), id.name(), roles, addresses, grant.evidence()));
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

    private void refused(Grant grant, EnrolmentRequest request, String why) {
        refusals.tell(grant.cluster(), request.nodeName(), why);
    }
}
