package dev.certfleet.server.web;

import dev.certfleet.server.access.Caller;
import dev.certfleet.server.enrolment.DocumentIssuer;
import dev.certfleet.server.enrolment.DocumentIssuers;
import dev.certfleet.server.enrolment.NewDocumentIssuer;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;

@RestController
@RequestMapping(path = "/api/v1/clusters/{cluster}/document-issuers", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "document-issuers")
class DocumentIssuerResource {
    private static final Duration DEFAULT_AGE = Duration.ofMinutes(10);

    private final DocumentIssuers issuers;
    private final Clustered clustered;
    private final Idempotency idempotency;
    private final JsonMapper json;

    DocumentIssuerResource(DocumentIssuers issuers, Clustered clustered, Idempotency idempotency, JsonMapper json) {
        this.issuers = issuers;
        this.clustered = clustered;
        this.idempotency = idempotency;
        this.json = json;
    }

    /** Public keys; each is a JWK (RFC 7517 section 4), whose members depend on its kind. */
    @Schema(name = "JwkSet")
    record JwkSet(List<Map<String, Object>> keys) {}

    @Schema(name = "NewDocumentIssuer")
    record NewIssuer(
            String name,

            @Schema(description = "what its documents have in iss")
            String issuer,

            @Schema(description = "its public keys, a JWK set (RFC 7517)")
            JwkSet jwks,

            @Schema(
                    description =
                            "what its documents have in aud: a URI of this installation that ends with the cluster's name")
            String audience,

            @Schema(description = "the claim with the node's name: a name, or a JSON pointer (RFC 6901)")
            String nodeNameClaim,

            @Schema(description = "the claim that tells the machine from all others")
            String instanceClaim,

            @Schema(
                    description =
                            "the claim that holds a nonce which the caller chose; aud where the audience ends with # and it")
            @Nullable
            String nonceClaim,

            @Schema(description = "a node's name, with * for any characters; any where it is left out") @Nullable
            String nodeNamePattern,

            List<String> roles,

            @Schema(description = "claims, and the values of which each has to have one") @Nullable
            Map<String, List<String>> constraints,

            @Schema(description = "a duration as in ISO 8601, at most PT24H; PT10M where it is left out") @Nullable
            String maxAge) {}

    @Schema(name = "DocumentIssuer")
    record View(
            String name,
            String issuer,
            JwkSet jwks,
            String audience,
            String nodeNameClaim,
            String instanceClaim,
            @Nullable String nonceClaim,
            String nodeNamePattern,
            List<String> roles,
            Map<String, List<String>> constraints,
            String maxAge,
            String createdBy,
            Instant createdAt) {}

    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.CREATED)
    @Operation(
            operationId = "createDocumentIssuer",
            summary = "Trusts an issuer's signed identity documents as evidence of machines")
    ResponseEntity<View> create(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @PathVariable String cluster,
            @RequestBody NewIssuer body) {
        May.administer(caller, cluster);
        String name = clustered.named(cluster).name();
        NewDocumentIssuer wanted = wanted(body);
        return idempotency.once(caller, request, body, View.class, () -> switch (issuers.create(
                name, wanted, caller.actor())) {
            case DocumentIssuers.Creation.Created(DocumentIssuer issuer) ->
                ResponseEntity.status(HttpStatus.CREATED).body(view(issuer));
            case DocumentIssuers.Creation.Refused refused -> throw ProblemException.refused(refused.violations());
            case DocumentIssuers.Creation.Exists exists ->
                throw new ProblemException(ProblemType.ALREADY_EXISTS, "the cluster has an issuer of this name");
        });
    }

    @GetMapping
    @Operation(operationId = "listDocumentIssuers", summary = "The issuers that a cluster trusts, by name")
    Page<View> list(
            @AuthenticationPrincipal Caller caller,
            @PathVariable String cluster,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable Integer limit) {
        May.administer(caller, cluster);
        int most = Page.limit(limit);
        String after = Page.after(cursor, text -> text);
        List<DocumentIssuer> found = issuers.ofCluster(clustered.named(cluster).name()).stream()
                .filter(issuer -> after == null || issuer.name().compareTo(after) > 0)
                .limit(most + 1L)
                .toList();
        return Page.of(found, most, DocumentIssuer::name, this::view);
    }

    @DeleteMapping("/{name}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(
            operationId = "withdrawDocumentIssuer",
            summary = "Trusts an issuer no more: nobody enrols by its documents; who has enrolled stays")
    void withdraw(@AuthenticationPrincipal Caller caller, @PathVariable String cluster, @PathVariable String name) {
        May.administer(caller, cluster);
        if (!issuers.withdraw(clustered.named(cluster).name(), name, caller.actor())) {
            throw ProblemException.notFound("such issuer in this cluster");
        }
    }

    private NewDocumentIssuer wanted(NewIssuer body) {
        return new NewDocumentIssuer(
                body.name(),
                body.issuer(),
                json.writeValueAsString(body.jwks()),
                body.audience(),
                body.nodeNameClaim(),
                body.instanceClaim(),
                body.nonceClaim(),
                Optional.ofNullable(body.nodeNamePattern()).orElse("*"),
                body.roles(),
                Optional.ofNullable(body.constraints()).orElse(Map.of()),
                age(body.maxAge()));
    }

    private static Duration age(@Nullable String text) {
        try {
            return text == null ? DEFAULT_AGE : Duration.parse(text);
        } catch (DateTimeParseException e) {
            throw ProblemException.refused("max-age", "'maxAge' is a duration as in ISO 8601, such as PT10M");
        }
    }

    private View view(DocumentIssuer issuer) {
        return new View(
                issuer.name(),
                issuer.issuer(),
                json.readValue(issuer.keys(), JwkSet.class),
                issuer.audience(),
                issuer.nodeNameClaim(),
                issuer.instanceClaim(),
                issuer.nonceClaim(),
                issuer.nodeNamePattern(),
                issuer.roles(),
                issuers.constraints(issuer),
                issuer.maxAge().toString(),
                issuer.createdBy(),
                issuer.createdAt());
    }
}
