package dev.certfleet.server.web;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.access.Caller;
import dev.certfleet.server.recovery.JournalChanges;
import dev.certfleet.server.revocation.BulkOutcome;
import dev.certfleet.server.revocation.QuarantineNode;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
@Tag(name = "nodes")
class QuarantineResource {
    private final QuarantineNode quarantine;
    private final Clustered clustered;
    private final Idempotency idempotency;
    private final JournalChanges journal;
    private final Clock clock;

    QuarantineResource(
            QuarantineNode quarantine,
            Clustered clustered,
            Idempotency idempotency,
            JournalChanges journal,
            Clock clock) {
        this.quarantine = quarantine;
        this.clustered = clustered;
        this.idempotency = idempotency;
        this.journal = journal;
        this.clock = clock;
    }

    @Schema(name = "NewQuarantine")
    record NewQuarantine(
            @Nullable String reason,
            @Nullable String comment,
            @Nullable String confirmation) {}

    @PostMapping(
            path = "/api/v1/clusters/{cluster}/nodes/{node}/quarantine",
            consumes = MediaType.APPLICATION_JSON_VALUE,
            produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "quarantineNode",
            summary = "Revokes all that a node holds, blocks its keys and withdraws its tokens; after a dry run, whose"
                    + " confirmation it carries")
    ResponseEntity<BulkView> quarantine(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @PathVariable String cluster,
            @PathVariable String node,
            @RequestParam(defaultValue = "false") boolean dryRun,
            @RequestBody NewQuarantine body) {
        May.administer(caller, cluster);
        BulkView.requireEither(dryRun, body.confirmation());
        QuarantineNode.Order order = new QuarantineNode.Order(
                clustered.named(cluster).name(),
                node,
                reason(body.reason()),
                RevocationResource.comment(body.comment()));
        if (dryRun) {
            return ResponseEntity.ok(view(quarantine.dryRun(order, caller), node));
        }
        ResponseEntity<BulkView> answer = idempotency.once(
                caller,
                request,
                body,
                BulkView.class,
                () -> ResponseEntity.ok(view(quarantine.quarantine(order, body.confirmation(), caller), node)));
        journal.complete();
        return answer;
    }

    private BulkView view(Optional<BulkOutcome> outcome, String node) {
        return BulkView.of(
                outcome.orElseThrow(() -> ProblemException.notFound("node called '" + node + "' in this cluster")),
                clock.instant());
    }

    private static RevocationReason reason(@Nullable String label) {
        RevocationReason reason =
                label == null ? RevocationReason.PRIVILEGE_WITHDRAWN : RevocationResource.reason(label);
        if (reason == RevocationReason.CERTIFICATE_HOLD || reason == RevocationReason.SUPERSEDED) {
            throw ProblemException.refused(
                    "reason", "a quarantine is for good, and asks for no replacement: not " + reason.label());
        }
        return reason;
    }
}
