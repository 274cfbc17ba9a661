package dev.certfleet.server.web;

import dev.certfleet.pki.wire.EnrolmentRequest;
import dev.certfleet.pki.wire.EnrolmentResponse;
import dev.certfleet.server.authority.TrustBundles;
import dev.certfleet.server.enrolment.EnrolNode;
import dev.certfleet.server.enrolment.Enrolment;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.security.SecurityRequirements;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
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
            summary = "Gives a node its identity; without a client certificate, on the evidence of an enrolment token")
    EnrolmentResponse enrol(HttpServletRequest request, @RequestBody EnrolmentRequest body) {
        Idempotency.Key key = idempotency.key(request, body);
        return switch (enrol.enrol(body, Pem.request(body.csr()), key.id(), key.hash())) {
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
            case Enrolment.NameTaken taken ->
                throw new ProblemException(
                        ProblemType.NODE_NAME_TAKEN,
                        "a node called '" + body.nodeName() + "' has an identity; an operator can allow a reinstall");
            case Enrolment.Refused refused -> throw ProblemException.refused(refused.violations());
            case Enrolment.InProgress inProgress -> throw Idempotency.inProgress();
            case Enrolment.OtherRequest other -> throw Idempotency.reused();
        };
    }
}
