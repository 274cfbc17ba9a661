package dev.certfleet.server.web;

import dev.certfleet.pki.wire.TpmChallenge;
import dev.certfleet.pki.wire.TpmChallengeRequest;
import dev.certfleet.server.enrolment.ChallengeTpm;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.security.SecurityRequirements;
import io.swagger.v3.oas.annotations.tags.Tag;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@Tag(name = "enrolment")
class TpmChallengeResource {
    private final ChallengeTpm challenge;

    TpmChallengeResource(ChallengeTpm challenge) {
        this.challenge = challenge;
    }

    @PostMapping(
            path = Security.TPM_CHALLENGES,
            consumes = MediaType.APPLICATION_JSON_VALUE,
            produces = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.CREATED)
    @SecurityRequirements
    @Operation(
            operationId = "challengeTpm",
            summary =
                    "Asks a machine whose TPM is admitted to prove that it has it; the answer goes with its enrolment")
    TpmChallenge challenge(@RequestBody TpmChallengeRequest body) {
        return switch (challenge.challenge(body)) {
            case ChallengeTpm.Outcome.Challenged challenged -> challenged.challenge();
            case ChallengeTpm.Outcome.Refused refused -> throw ProblemException.refused(refused.violations());
            case ChallengeTpm.Outcome.NotAdmitted(String fingerprint) ->
                throw new ProblemException(
                        ProblemType.TPM_NOT_ADMITTED,
                        "no admission of that cluster is for the endorsement key " + fingerprint);
        };
    }
}
