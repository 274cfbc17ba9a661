package dev.certfleet.server.web;

import dev.certfleet.pki.CsrSigner;
import dev.certfleet.pki.NodeRole;
import dev.certfleet.pki.wire.CsrDecision;
import dev.certfleet.pki.wire.CsrReview;
import dev.certfleet.server.access.Caller;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.authority.TrustBundles;
import dev.certfleet.server.csr.Csr;
import dev.certfleet.server.csr.Decision;
import dev.certfleet.server.csr.ReviewCsr;
import dev.certfleet.server.enrolment.Nodes;
import dev.certfleet.server.ledger.CertificateRecord;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;

/** Decides the CertificateSigningRequests that control-plane nodes find at their kube-apiserver. */
@RestController
@Tag(name = "agent")
class CsrReviewResource {
    private static final int LONGEST_ID = 64;
    private static final int LONGEST_NAME = 253;
    private static final int LONGEST_USER = 1024;
    private static final int MOST_GROUPS = 1000;
    private static final int MOST_USAGES = 30;

    /** Kubernetes takes no shorter one (pkg/apis/certificates/validation). */
    private static final int SHORTEST_EXPIRATION = 600;

    private final ReviewCsr reviewCsr;
    private final Nodes nodes;
    private final Clustered clustered;
    private final JsonMapper json;

    CsrReviewResource(ReviewCsr reviewCsr, Nodes nodes, Clustered clustered, JsonMapper json) {
        this.reviewCsr = reviewCsr;
        this.nodes = nodes;
        this.clustered = clustered;
        this.json = json;
    }

    @PostMapping(
            path = "/api/v1/agent/csr-reviews",
            consumes = MediaType.APPLICATION_JSON_VALUE,
            produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "reviewCsr",
            summary = "Decides a Kubernetes CertificateSigningRequest of the calling control-plane node's cluster; the"
                    + " same uid gets the same certificate")
    CsrDecision review(@AuthenticationPrincipal Caller caller, @RequestBody CsrReview body) {
        Caller.Agent agent = AgentResource.agent(caller);
        boolean isOfControlPlane = nodes.named(agent.cluster(), agent.node())
                .filter(node -> !node.isOut())
                .filter(node -> node.roles().contains(NodeRole.CONTROL_PLANE.label()))
                .isPresent();
        if (!isOfControlPlane) {
            throw ProblemException.notPermitted("control-plane nodes alone speak for kube-apiserver");
        }
        return answer(reviewCsr.review(csr(body), clustered.named(agent.cluster()), agent.actor()));
    }

    private Csr csr(CsrReview body) {
        if (!body.uid().matches("[0-9A-Za-z-]{1," + LONGEST_ID + "}")) {
            throw ProblemException.refused("csr-uid", "'uid' has 1 to " + LONGEST_ID + " letters, digits and hyphens");
        }
        text(body.name(), "name", LONGEST_NAME);
        text(body.username(), "username", LONGEST_USER);
        few(body.groups(), "groups", MOST_GROUPS);
        few(body.usages(), "usages", MOST_USAGES);
        Integer expiration = body.expirationSeconds();
        if (expiration != null && expiration < SHORTEST_EXPIRATION) {
            throw ProblemException.refused(
                    "csr-expiration", "'expirationSeconds' is at least " + SHORTEST_EXPIRATION + ", as in Kubernetes");
        }
        CsrSigner signer = CsrSigner.named(body.signerName())
                .orElseThrow(() -> ProblemException.refused("csr-signer", CsrPolicyResource.SIGNERS));
        return new Csr(
                body.uid(),
                body.name(),
                signer,
                body.username(),
                body.groups(),
                body.usages(),
                expiration,
                Pem.request(body.request()),
                hash(body),
                body.approved());
    }

    /** Of what never changes in Kubernetes: not of the approval, and not of the order that a list came in. */
    private byte[] hash(CsrReview body) {
        CsrReview fixed = new CsrReview(
                body.uid(),
                body.name(),
                body.signerName(),
                body.username(),
                body.groups().stream().sorted().toList(),
                body.usages().stream().sorted().toList(),
                body.expirationSeconds(),
                body.request(),
                true);
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(json.writeValueAsString(fixed).getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static CsrDecision answer(Decision decision) {
        return switch (decision) {
            case Decision.Approve(String reason, String message) -> decided("approve", reason, message);
            case Decision.Deny(String reason, String message) -> decided("deny", reason, message);
            case Decision.Fail(String reason, String message) -> decided("fail", reason, message);
            case Decision.Leave(String reason, String message) -> decided("leave", reason, message);
            case Decision.Sign(CertificateRecord certificate, Authority authority) ->
                new CsrDecision("sign", "Issued", "the certificate was issued", chain(certificate, authority));
            case Decision.OtherRequest _ ->
                throw ProblemException.refused("csr-uid-reused", "the request of this uid was another before");
            case Decision.InProgress _ -> throw Idempotency.inProgress();
        };
    }

    private static CsrDecision decided(String decision, String reason, String message) {
        return new CsrDecision(decision, reason, message, null);
    }

    /** As Kubernetes' own signer: the certificate alone, where what signed it is what is trusted. */
    private static String chain(CertificateRecord certificate, Authority authority) {
        String leaf = Pem.of(certificate.der());
        return authority.issuers().isEmpty() ? leaf : leaf + TrustBundles.chain(authority);
    }

    private static void text(String given, String name, int longest) {
        if (given.isBlank() || given.length() > longest) {
            throw ProblemException.refused("csr-" + name, "'" + name + "' has 1 to " + longest + " characters");
        }
    }

    private static void few(List<String> given, String name, int most) {
        if (given.size() > most || given.stream().anyMatch(one -> one.length() > LONGEST_USER)) {
            throw ProblemException.refused(
                    "csr-" + name,
                    "'" + name + "' has at most " + most + " entries of " + LONGEST_USER + " characters");
        }
    }
}
