package dev.certfleet.server.web;

import dev.certfleet.pki.wire.EnrolmentRequest;
import dev.certfleet.pki.wire.EnrolmentResponse;
import dev.certfleet.server.authority.TrustBundles;
import dev.certfleet.server.enrolment.EnrolNode;
import dev.certfleet.server.enrolment.Enrolment;
import dev.certfleet.server.enrolment.Evidence;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.security.SecurityRequirements;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@Tag(name = "enrolment")
class EnrolmentResource {
    private final EnrolNode enrol;
    private final TrustBundles bundles;
    private final Idempotency idempotency;

    EnrolmentResource(EnrolNode enrol, TrustBundles bundles, Idempotency idempotency) {
        this.enrol = enrol;
        this.bundles = bundles;
        this.idempotency = idempotency;
    }

    @PostMapping(
            path = Security.ENROLMENTS,
            consumes = MediaType.APPLICATION_JSON_VALUE,
            produces = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.CREATED)
    @SecurityRequirements
    @Operation(
            operationId = "enrol",
            summary =
                    "Gives a node its identity; without a client certificate, on the evidence of an enrolment token, a TPM's"
                            + " answer to a challenge, or a signed identity document: one of the three")
    EnrolmentResponse enrol(HttpServletRequest request, @RequestBody EnrolmentRequest body) {
        Evidence evidence = evidence(body);
        Idempotency.Key key = idempotency.key(request, body.withoutProof());
        return switch (enrol.enrol(evidence, body, Pem.request(body.csr()), key.id(), key.hash())) {
            case Enrolment.Enrolled enrolled ->
                new EnrolmentResponse(
                        enrolled.cluster(),
                        enrolled.node(),
                        enrolled.roles(),
                        Pem.issued(enrolled.certificate(), enrolled.authority()),
                        bundles.installation());
            case Enrolment.TokenUnknown unknown ->
                throw new ProblemException(ProblemType.TOKEN_UNKNOWN, "is it whole, and from this installation?");
            case Enrolment.TokenExpired expired ->
                throw new ProblemException(ProblemType.TOKEN_EXPIRED, "an operator can make another");
            case Enrolment.TokenUsedUp usedUp ->
                throw new ProblemException(ProblemType.TOKEN_USED_UP, "as many nodes as it was for have enrolled");
            case Enrolment.TokenWithdrawn withdrawn ->
                throw new ProblemException(ProblemType.TOKEN_WITHDRAWN, "an operator withdrew it");
            case Enrolment.NotProven(String why) -> throw new ProblemException(ProblemType.EVIDENCE_REFUSED, why);
            case Enrolment.NoLongerAdmitted withdrawn ->
                throw new ProblemException(
                        ProblemType.EVIDENCE_REFUSED, "an operator withdrew what such machines are admitted by");
            case Enrolment.EvidenceUsed used ->
                throw new ProblemException(
                        ProblemType.EVIDENCE_USED, "ask for another challenge, or fetch another document");
            case Enrolment.MachineTaken taken ->
                throw new ProblemException(
                        ProblemType.MACHINE_TAKEN,
                        "this machine is a node of another name; an operator can retire that node");
            case Enrolment.NameTaken taken ->
                throw new ProblemException(
                        ProblemType.NODE_NAME_TAKEN,
                        "a node called '" + body.nodeName() + "' has an identity; an operator can allow a reinstall");
            case Enrolment.Refused refused -> throw ProblemException.refused(refused.violations());
            case Enrolment.InProgress inProgress -> throw Idempotency.inProgress();
            case Enrolment.OtherRequest other -> throw Idempotency.reused();
        };
    }

    /** The one piece of evidence that came. */
    private static Evidence evidence(EnrolmentRequest body) {
        List<Evidence> all = new ArrayList<>();
        Optional.ofNullable(body.token()).map(Evidence.Token::new).ifPresent(all::add);
        Optional.ofNullable(body.tpm()).map(Evidence.TpmAttestation::new).ifPresent(all::add);
        Optional.ofNullable(body.document()).map(Evidence.IdentityDocument::new).ifPresent(all::add);
        if (all.isEmpty()) {
            throw new ProblemException(
                    ProblemType.MISSING_FIELD, "the body lacks token; tpm or document can take its place");
        }
        if (all.size() > 1) {
            throw ProblemException.refused("evidence", "one of token, tpm and document is evidence, not several");
        }
        return all.getFirst();
    }
}
