package dev.certfleet.server.web;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.wire.CertificateRequest;
import dev.certfleet.pki.wire.IssuedCertificate;
import dev.certfleet.pki.wire.RenewalRequest;
import dev.certfleet.server.access.Caller;
import dev.certfleet.server.authority.Cluster;
import dev.certfleet.server.enrolment.FindHolder;
import dev.certfleet.server.issuance.Issuance;
import dev.certfleet.server.issuance.IssueCertificate;
import dev.certfleet.server.issuance.Order;
import dev.certfleet.server.ledger.CertificateRecord;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Issues and renews a cluster's certificates, for administrators and for nodes themselves. */
@RestController
@Tag(name = "certificates")
class IssuanceResource {
    private final IssueCertificate issue;
    private final FindHolder findHolder;
    private final VisibleCertificates visible;
    private final Clustered clustered;
    private final Idempotency idempotency;

    IssuanceResource(
            IssueCertificate issue,
            FindHolder findHolder,
            VisibleCertificates visible,
            Clustered clustered,
            Idempotency idempotency) {
        this.issue = issue;
        this.findHolder = findHolder;
        this.visible = visible;
        this.clustered = clustered;
        this.idempotency = idempotency;
    }

    @PostMapping(
            path = "/api/v1/clusters/{cluster}/certificates",
            consumes = MediaType.APPLICATION_JSON_VALUE,
            produces = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.CREATED)
    @Operation(
            operationId = "issueCertificate",
            summary =
                    "Issues a certificate of the cluster; the same Idempotency-Key and body give the same certificate")
    IssuedCertificate issue(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @PathVariable String cluster,
            @RequestBody CertificateRequest body) {
        // 1. May they ask? A node for itself, an administrator for all
        String node = holderNode(caller, cluster, body.node());

        // 2. For whom, as it is on record
        ProfileName profile = profile(body.profile());
        FindHolder.Found.One holder = holder(findHolder.forRequest(clustered.named(cluster), profile, node));

        // 3. Issue
        Idempotency.Key key = idempotency.key(request, body);
        return issued(
                new Order(
                        profile,
                        holder.holder(),
                        Pem.request(body.csr()),
                        lifetime(body.lifetime()),
                        caller.actor(),
                        key.id(),
                        key.hash()),
                holder);
    }

    @PostMapping(
            path = "/api/v1/certificates/{id}/renew",
            consumes = MediaType.APPLICATION_JSON_VALUE,
            produces = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.CREATED)
    @Operation(
            operationId = "renewCertificate",
            summary = "Issues the same profile to the same holder, for a new key; the old certificate lives on")
    IssuedCertificate renew(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @PathVariable String id,
            @RequestBody RenewalRequest body) {
        // 1. May they ask? The node that holds it, or an administrator
        CertificateRecord old = switch (caller) {
            case Caller.Operator operator -> visible.administer(caller, id);
            case Caller.Agent agent -> heldBy(agent, visible.read(caller, id));
        };

        // 2. What is on hold stays where it is
        if (old.status(old.notBefore()).equals("held")) {
            throw new ProblemException(
                    ProblemType.CERTIFICATE_HELD, "an operator has to release or revoke it before it is renewed");
        }

        // 3. For whom, as it is on record today
        if (old.cluster() == null) {
            throw ProblemException.refused(
                    "profile-not-of-cluster", "operators renew at /operators/{name}/renew, servers by themselves");
        }
        Cluster cluster = clustered.named(old.cluster());
        ProfileName profile = profile(old.profile());
        FindHolder.Found.One holder = holder(findHolder.forRenewal(cluster, profile, old.node()));

        // 4. Issue
        Idempotency.Key key = idempotency.key(request, body);
        return issued(
                new Order(
                        profile, holder.holder(), Pem.request(body.csr()), null, caller.actor(), key.id(), key.hash()),
                holder);
    }

    private IssuedCertificate issued(Order order, FindHolder.Found.One holder) {
        try {
            return answer(issue.issue(order, holder.still(), certificate -> {}));
        } catch (FindHolder.Gone e) {
            throw ProblemException.refused("holder-gone", String.valueOf(e.getMessage()));
        }
    }

    private static @Nullable String holderNode(Caller caller, String cluster, @Nullable String node) {
        return switch (caller) {
            case Caller.Operator operator -> {
                May.administer(caller, cluster);
                yield node;
            }
            case Caller.Agent agent -> {
                if (!agent.cluster().equals(cluster) || (node != null && !node.equals(agent.node()))) {
                    throw ProblemException.notPermitted("a node asks for its own certificates only");
                }
                yield agent.node();
            }
        };
    }

    private static CertificateRecord heldBy(Caller.Agent agent, CertificateRecord certificate) {
        if (!agent.node().equals(certificate.node())) {
            throw ProblemException.notPermitted("a node renews its own certificates only");
        }
        return certificate;
    }

    static ProfileName profile(String label) {
        try {
            return ProfileName.of(label);
        } catch (IllegalArgumentException e) {
            throw ProblemException.refused("profile", String.valueOf(e.getMessage()));
        }
    }

    private static FindHolder.Found.One holder(FindHolder.Found found) {
        return switch (found) {
            case FindHolder.Found.One one -> one;
            case FindHolder.Found.None none -> throw ProblemException.refused(none.violations());
        };
    }

    private static @Nullable Duration lifetime(@Nullable String text) {
        try {
            return text == null ? null : Duration.parse(text);
        } catch (DateTimeParseException e) {
            throw ProblemException.refused("lifetime", "'lifetime' is a duration as in ISO 8601, such as PT12H");
        }
    }

    static IssuedCertificate answer(Issuance issuance) {
        return switch (issuance) {
            case Issuance.Issued issued -> Pem.issued(issued.certificate(), issued.authority());
            case Issuance.Refused refused -> throw ProblemException.refused(refused.violations());
            case Issuance.InProgress inProgress -> throw Idempotency.inProgress();
            case Issuance.OtherRequest other -> throw Idempotency.reused();
        };
    }
}
