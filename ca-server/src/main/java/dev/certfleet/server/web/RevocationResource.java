package dev.certfleet.server.web;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.access.Caller;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.Ledger;
import dev.certfleet.server.ledger.RevocationRecord;
import dev.certfleet.server.ledger.RevocationSearch;
import dev.certfleet.server.ledger.Revocations;
import dev.certfleet.server.recovery.JournalChanges;
import dev.certfleet.server.revocation.RevokeCertificate;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping(path = "/api/v1/revocations", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "revocations")
class RevocationResource {
    private static final int LONGEST_COMMENT = 1000;

    private final RevokeCertificate revoke;
    private final Revocations revocations;
    private final Ledger ledger;
    private final NamedCertificates named;
    private final Idempotency idempotency;
    private final VisibleRevocations visibleRevocations;
    private final ReceiptViews receipts;
    private final JournalChanges journal;
    private final Clock clock;

    RevocationResource(
            RevokeCertificate revoke,
            Revocations revocations,
            Ledger ledger,
            NamedCertificates named,
            Idempotency idempotency,
            VisibleRevocations visibleRevocations,
            ReceiptViews receipts,
            JournalChanges journal,
            Clock clock) {
        this.revoke = revoke;
        this.revocations = revocations;
        this.ledger = ledger;
        this.named = named;
        this.idempotency = idempotency;
        this.visibleRevocations = visibleRevocations;
        this.receipts = receipts;
        this.journal = journal;
        this.clock = clock;
    }

    @Schema(name = "NewRevocation")
    record NewRevocation(
            @Nullable String certificate,
            @Nullable String serial,
            @Nullable String pem,
            String reason,
            @Nullable Instant invalidityDate,
            @Nullable String comment) {}

    @Schema(name = "Revocation")
    record View(
            String id,
            String certificate,
            String serial,
            @Nullable String cluster,
            String reason,
            Instant revokedAt,
            @Nullable Instant invalidityDate,
            @Nullable String comment,
            String revokedBy,
            @Nullable Instant releasedAt,
            @Nullable ReceiptView receipt) {
        View with(@Nullable ReceiptView newReceipt) {
            return new View(
                    id,
                    certificate,
                    serial,
                    cluster,
                    reason,
                    revokedAt,
                    invalidityDate,
                    comment,
                    revokedBy,
                    releasedAt,
                    newReceipt);
        }
    }

    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.CREATED)
    @Operation(
            operationId = "revoke",
            summary =
                    "Revokes a certificate, named by its fingerprint, by its serial, or itself; one that is revoked already"
                            + " keeps its revocation, one on hold can be revoked")
    ResponseEntity<View> revoke(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @RequestParam(required = false) @Nullable String wait,
            @RequestBody NewRevocation body)
            throws InterruptedException {
        Duration longest = Wait.of(wait);
        CertificateRecord certificate = named.one(caller, body.certificate(), body.serial(), body.pem());
        RevocationReason reason = reason(body.reason());
        Instant invalidityDate = body.invalidityDate();
        if (invalidityDate != null && invalidityDate.isAfter(clock.instant())) {
            throw ProblemException.refused("invalidity-date", "the key cannot have been lost in the future");
        }
        if (invalidityDate != null && invalidityDate.isBefore(Instant.EPOCH)) {
            throw ProblemException.refused("invalidity-date", "the key cannot have been lost before 1970");
        }
        String comment = comment(body.comment());
        ResponseEntity<View> answer = idempotency.once(
                caller,
                request,
                body,
                View.class,
                () -> ResponseEntity.status(HttpStatus.CREATED)
                        .body(view(revoke.revoke(certificate, reason, invalidityDate, comment, caller.actor()))));
        View made = Objects.requireNonNull(answer.getBody());
        UUID id = UUID.fromString(made.id());
        journal.complete(id);
        return ResponseEntity.status(answer.getStatusCode()).body(made.with(receipts.await(id, longest)));
    }

    @PostMapping("/{id}/release")
    @Operation(operationId = "releaseHold", summary = "Takes a certificateHold back; no other reason can be taken back")
    ResponseEntity<View> release(
            @AuthenticationPrincipal Caller caller, HttpServletRequest request, @PathVariable UUID id) {
        RevocationRecord hold = visibleRevocations.find(caller, id, true);
        ResponseEntity<View> answer = idempotency.once(caller, request, "", View.class, () -> {
            CertificateRecord certificate = ledger.find(hold.serial()).orElseThrow();
            if (!revoke.release(certificate, hold, caller.actor())) {
                throw new ProblemException(
                        ProblemType.NOT_A_HOLD, "the reason is " + hold.reason().label());
            }
            return ResponseEntity.ok(view(revocations.find(id).orElseThrow()));
        });
        journal.complete(id);
        View released = Objects.requireNonNull(answer.getBody());
        return ResponseEntity.status(answer.getStatusCode()).body(released.with(receipts.of(id)));
    }

    @GetMapping
    @Operation(
            operationId = "listRevocations",
            summary = "Revocations, newest first; without a grant for all clusters, one cluster has to be named")
    Page<View> list(
            @AuthenticationPrincipal Caller caller,
            @RequestParam(required = false) @Nullable String cluster,
            @RequestParam(required = false) @Nullable String certificate,
            @RequestParam(required = false) @Nullable String node,
            @RequestParam(required = false) @Nullable String reason,
            @RequestParam(required = false) @Nullable Boolean inForce,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable Integer limit) {
        May.readOneOrAll(caller, cluster);
        int most = Page.limit(limit);
        RevocationSearch search = new RevocationSearch(
                cluster,
                certificate == null ? null : VisibleCertificates.fingerprint(certificate),
                node,
                reason == null ? null : reasonParameter(reason),
                inForce);
        List<RevocationRecord> found = revocations.list(search, Page.after(cursor, UUID::fromString), most + 1);
        Map<UUID, ReceiptView> all =
                receipts.of(found.stream().map(RevocationRecord::id).toList());
        return Page.of(
                found,
                most,
                revocation -> revocation.id().toString(),
                revocation -> view(revocation).with(all.get(revocation.id())));
    }

    @GetMapping("/{id}")
    @Operation(operationId = "getRevocation", summary = "One revocation, in force or released")
    View get(@AuthenticationPrincipal Caller caller, @PathVariable UUID id) {
        return view(visibleRevocations.find(caller, id, false)).with(receipts.of(id));
    }

    /** Checks an operator's words. */
    static @Nullable String comment(@Nullable String comment) {
        if (comment != null && comment.length() > LONGEST_COMMENT) {
            throw ProblemException.refused("comment", "a comment has at most " + LONGEST_COMMENT + " characters");
        }
        return comment;
    }

    static RevocationReason reason(String label) {
        try {
            return RevocationReason.of(label);
        } catch (IllegalArgumentException e) {
            throw ProblemException.refused("reason", String.valueOf(e.getMessage()));
        }
    }

    private static RevocationReason reasonParameter(String label) {
        try {
            return RevocationReason.of(label);
        } catch (IllegalArgumentException e) {
            throw new ProblemException(ProblemType.MALFORMED_REQUEST, "'reason': " + e.getMessage());
        }
    }

    private static View view(RevocationRecord revocation) {
        return new View(
                revocation.id().toString(),
                revocation.certificate().hex(),
                revocation.serial().hex(),
                revocation.cluster(),
                revocation.reason().label(),
                revocation.revokedAt(),
                revocation.invalidityDate(),
                revocation.comment(),
                revocation.revokedBy(),
                revocation.releasedAt(),
                null);
    }
}
