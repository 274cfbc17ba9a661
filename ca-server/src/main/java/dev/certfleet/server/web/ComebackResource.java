package dev.certfleet.server.web;

import dev.certfleet.pki.wire.ComebackChallenge;
import dev.certfleet.pki.wire.ComebackChallengeRequest;
import dev.certfleet.pki.wire.ComebackRequest;
import dev.certfleet.pki.wire.IssuedCertificate;
import dev.certfleet.server.comeback.Challenges;
import dev.certfleet.server.comeback.ComeBack;
import dev.certfleet.server.comeback.Comeback;
import dev.certfleet.server.x509.Fingerprint;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.security.SecurityRequirements;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** The way back for a node whose identity expired while it was away. */
@RestController
@RequestMapping(
        path = Security.COMEBACKS,
        consumes = MediaType.APPLICATION_JSON_VALUE,
        produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "enrolment")
class ComebackResource {
    private final Challenges challenges;
    private final ComeBack comeBack;
    private final Idempotency idempotency;
    private final Clock clock;

    ComebackResource(Challenges challenges, ComeBack comeBack, Idempotency idempotency, Clock clock) {
        this.challenges = challenges;
        this.comeBack = comeBack;
        this.idempotency = idempotency;
        this.clock = clock;
    }

    @PostMapping("/challenges")
    @SecurityRequirements
    @Operation(
            operationId = "getComebackChallenge",
            summary = "Gives a node whose identity expired something to sign, whether there is such an identity or not")
    ComebackChallenge challenge(@RequestBody ComebackChallengeRequest body) {
        Challenges.Challenge challenge = challenges.give(fingerprint("identity", body.identity()));
        return new ComebackChallenge(
                challenge.text(),
                challenge.expiresAt().toString(),
                clock.instant().truncatedTo(ChronoUnit.MILLIS).toString());
    }

    @PostMapping
    @ResponseStatus(HttpStatus.CREATED)
    @SecurityRequirements
    @Operation(
            operationId = "comeBack",
            summary =
                    "Gives a node a new identity on its expired one's signature; the same Idempotency-Key, identity and CSR give the same certificate")
    IssuedCertificate comeBack(HttpServletRequest request, @RequestBody ComebackRequest body) {
        fingerprint("identity", body.identity());
        fingerprint("server", body.server());
        Idempotency.Key key = idempotency.key(request, List.of(body.identity(), body.csr()));
        return switch (comeBack.comeBack(body, Pem.request(body.csr()), key.id(), key.hash())) {
            case Comeback.Back back -> Pem.issued(back.certificate(), back.authority());
            case Comeback.ChallengeRefused refused ->
                throw new ProblemException(
                        ProblemType.CHALLENGE_REFUSED, "it was not given for this identity, or expired, or was used");
            case Comeback.NotNeeded needless ->
                throw new ProblemException(ProblemType.COMEBACK_NOT_NEEDED, needless.detail());
            case Comeback.Refused refused ->
                throw ProblemException.comebackRefused(refused.why().label(), refused.detail());
            case Comeback.RulesBroken broken -> throw ProblemException.refused(broken.violations());
            case Comeback.Busy busy ->
                throw new ProblemException(ProblemType.TOO_MANY_COMEBACKS, "try again after Retry-After");
            case Comeback.InProgress inProgress -> throw Idempotency.inProgress();
            case Comeback.OtherRequest other -> throw Idempotency.reused();
        };
    }

    private static Fingerprint fingerprint(String field, String text) {
        try {
            return new Fingerprint(text);
        } catch (IllegalArgumentException e) {
            throw ProblemException.refused(field, "'" + field + "' is " + e.getMessage());
        }
    }
}
