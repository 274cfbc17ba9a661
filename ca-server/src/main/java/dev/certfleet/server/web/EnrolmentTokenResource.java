package dev.certfleet.server.web;

import dev.certfleet.server.access.Caller;
import dev.certfleet.server.enrolment.EnrolmentToken;
import dev.certfleet.server.enrolment.EnrolmentTokens;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
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

@RestController
@RequestMapping(path = "/api/v1/clusters/{cluster}/enrolment-tokens", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "enrolment-tokens")
class EnrolmentTokenResource {
    private static final Duration DEFAULT_LIFETIME = Duration.ofHours(24);

    private final EnrolmentTokens tokens;
    private final Clustered clustered;
    private final Idempotency idempotency;

    EnrolmentTokenResource(EnrolmentTokens tokens, Clustered clustered, Idempotency idempotency) {
        this.tokens = tokens;
        this.clustered = clustered;
        this.idempotency = idempotency;
    }

    @Schema(name = "NewEnrolmentToken")
    record NewToken(
            String nodeNamePattern,
            List<String> roles,
            @Nullable Integer maxUses,
            @Nullable String expiresIn) {}

    @Schema(name = "EnrolmentToken")
    record View(
            String id,

            @Schema(description = "the secret, in the first answer to its creation and never again") @Nullable
            String token,

            String nodeNamePattern,
            List<String> roles,
            int maxUses,
            int uses,
            Instant expiresAt,
            String createdBy,
            Instant createdAt,
            @Nullable Instant withdrawnAt) {
        View withoutSecret() {
            return new View(
                    id, null, nodeNamePattern, roles, maxUses, uses, expiresAt, createdBy, createdAt, withdrawnAt);
        }
    }

    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.CREATED)
    @Operation(
            operationId = "createEnrolmentToken",
            summary = "Makes a token that lets nodes of some names enrol; the only answer that holds its secret")
    ResponseEntity<View> create(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @PathVariable String cluster,
            @RequestBody NewToken body) {
        May.administer(caller, cluster);
        String name = clustered.named(cluster).name();
        int maxUses = Optional.ofNullable(body.maxUses()).orElse(1);
        Duration lifetime = lifetime(body.expiresIn());
        return idempotency.once(
                caller,
                request,
                body,
                View.class,
                () -> switch (tokens.create(
                        name, body.nodeNamePattern(), body.roles(), maxUses, lifetime, caller.actor())) {
                    case EnrolmentTokens.Creation.Created created ->
                        ResponseEntity.status(HttpStatus.CREATED).body(view(created.token(), created.secret()));
                    case EnrolmentTokens.Creation.Refused refused ->
                        throw ProblemException.refused(refused.violations());
                },
                View::withoutSecret);
    }

    @GetMapping
    @Operation(operationId = "listEnrolmentTokens", summary = "A cluster's tokens, newest first, without their secrets")
    Page<View> list(
            @AuthenticationPrincipal Caller caller,
            @PathVariable String cluster,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable Integer limit) {
        May.administer(caller, cluster);
        int most = Page.limit(limit);
        UUID after = Page.after(cursor, UUID::fromString);
        List<EnrolmentToken> all = tokens.ofCluster(clustered.named(cluster).name());
        List<EnrolmentToken> found = all.stream()
                .dropWhile(token -> after != null && !token.id().equals(after))
                .skip(after == null ? 0 : 1)
                .limit(most + 1L)
                .toList();
        return Page.of(found, most, token -> token.id().toString(), token -> view(token, null));
    }

    @DeleteMapping("/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(operationId = "withdrawEnrolmentToken", summary = "Withdraws a token: nobody enrols with it any more")
    void withdraw(@AuthenticationPrincipal Caller caller, @PathVariable String cluster, @PathVariable UUID id) {
        May.administer(caller, cluster);
        if (!tokens.withdraw(clustered.named(cluster).name(), id, caller.actor())) {
            throw ProblemException.notFound("such token in this cluster");
        }
    }

    private static Duration lifetime(@Nullable String text) {
        try {
            return text == null ? DEFAULT_LIFETIME : Duration.parse(text);
        } catch (DateTimeParseException e) {
            throw ProblemException.refused("expires-in", "'expiresIn' is a duration as in ISO 8601, such as PT24H");
        }
    }

    private static View view(EnrolmentToken token, @Nullable String secret) {
        return new View(
                token.id().toString(),
                secret,
                token.nodeNamePattern(),
                token.roles(),
                token.maxUses(),
                token.uses(),
                token.expiresAt(),
                token.createdBy(),
                token.createdAt(),
                token.withdrawnAt());
    }
}
