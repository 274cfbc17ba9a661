package dev.certfleet.server.web;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.access.Caller;
import dev.certfleet.server.ledger.Selection;
import dev.certfleet.server.recovery.JournalChanges;
import dev.certfleet.server.revocation.RevokeByFilter;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
@Tag(name = "revocations")
class BulkRevocationResource {
    /** What PostgreSQL and a certificate can express. */
    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

    private final RevokeByFilter revoke;
    private final Clustered clustered;
    private final Idempotency idempotency;
    private final JournalChanges journal;
    private final Clock clock;

    BulkRevocationResource(
            RevokeByFilter revoke, Clustered clustered, Idempotency idempotency, JournalChanges journal, Clock clock) {
        this.revoke = revoke;
        this.clustered = clustered;
        this.idempotency = idempotency;
        this.journal = journal;
        this.clock = clock;
    }

    @Schema(name = "RevocationFilter")
    record Filter(
            @Nullable String node,
            @Nullable String profile,
            @Nullable String authority,
            @Nullable Instant issuedBefore,
            @Nullable Instant issuedAfter,
            @Nullable String namePattern,
            @Nullable String publicKey) {}

    @Schema(name = "NewBulkRevocation")
    record NewBulkRevocation(
            String cluster,
            Filter filter,
            String reason,
            @Nullable String comment,
            @Nullable String confirmation) {}

    @PostMapping(
            path = "/api/v1/bulk-revocations",
            consumes = MediaType.APPLICATION_JSON_VALUE,
            produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "revokeInBulk",
            summary =
                    "Revokes a cluster's certificates that a filter fits; after a dry run, whose confirmation it carries")
    ResponseEntity<BulkView> revoke(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @RequestParam(defaultValue = "false") boolean dryRun,
            @RequestBody NewBulkRevocation body) {
        May.administer(caller, body.cluster());
        BulkView.requireEither(dryRun, body.confirmation());
        RevocationReason reason = RevocationResource.reason(body.reason());
        Selection selection = selection(clustered.named(body.cluster()).name(), body.filter());
        RevokeByFilter.Order order =
                new RevokeByFilter.Order(body.cluster(), selection, reason, RevocationResource.comment(body.comment()));
        if (dryRun) {
            return ResponseEntity.ok(BulkView.of(revoke.dryRun(order, caller), clock.instant()));
        }
        ResponseEntity<BulkView> answer = idempotency.once(
                caller,
                request,
                body,
                BulkView.class,
                () -> ResponseEntity.status(HttpStatus.CREATED)
                        .body(BulkView.of(revoke.revoke(order, body.confirmation(), caller), clock.instant())));
        journal.complete();
        return answer;
    }

    private static Selection selection(String cluster, Filter filter) {
        String pattern = filter.namePattern();
        if (pattern != null && !pattern.matches("[a-z0-9*]([a-z0-9.*-]{0,251}[a-z0-9*])?")) {
            throw ProblemException.refused(
                    "name-pattern", "a pattern is a name in lower case, with * for any characters");
        }
        String profile = filter.profile();
        Instant before = inRange(filter.issuedBefore());
        Instant after = inRange(filter.issuedAfter());
        if (before != null && after != null && !after.isBefore(before)) {
            throw ProblemException.refused("issued", "issuedAfter is earlier than issuedBefore");
        }
        Selection selection = new Selection(
                cluster,
                filter.node(),
                profile == null ? null : IssuanceResource.profile(profile).label(),
                filter.authority(),
                before,
                after,
                pattern,
                filter.publicKey() == null ? null : PublicKeys.publicKey(filter.publicKey()));
        if (!selection.narrows()) {
            throw ProblemException.refused(
                    "filter",
                    "a filter has at least one of node, profile, authority, issuedBefore, issuedAfter, namePattern,"
                            + " publicKey");
        }
        return selection;
    }

    private static @Nullable Instant inRange(@Nullable Instant time) {
        if (time != null && (time.isBefore(Instant.EPOCH) || time.isAfter(LATEST))) {
            throw ProblemException.refused("issued", "a time of issuance is between 1970 and the end of 9999");
        }
        return time;
    }
}
