package dev.certfleet.server.web;

import dev.certfleet.server.access.Caller;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.ledger.BlockedKeys;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.recovery.JournalChanges;
import dev.certfleet.server.revocation.ReportCompromisedKey;
import dev.certfleet.server.x509.KeyHash;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping(path = "/api/v1/compromised-keys", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "revocations")
class CompromisedKeyResource {
    private final ReportCompromisedKey report;
    private final BlockedKeys blockedKeys;
    private final VisibleCertificates visible;
    private final Authorities authorities;
    private final Idempotency idempotency;
    private final JournalChanges journal;
    private final Clock clock;

    CompromisedKeyResource(
            ReportCompromisedKey report,
            BlockedKeys blockedKeys,
            VisibleCertificates visible,
            Authorities authorities,
            Idempotency idempotency,
            JournalChanges journal,
            Clock clock) {
        this.report = report;
        this.blockedKeys = blockedKeys;
        this.visible = visible;
        this.authorities = authorities;
        this.idempotency = idempotency;
        this.journal = journal;
        this.clock = clock;
    }

    @Schema(name = "NewCompromisedKey")
    record NewCompromisedKey(
            @Nullable String publicKey,
            @Nullable String certificate,
            @Nullable String csr,
            @Nullable String comment,
            @Nullable String confirmation) {}

    @Schema(name = "BlockedKey")
    record View(
            String publicKeyHash,

            @Schema(allowableValues = {"compromised", "quarantine"})
            String cause,

            @Nullable String cluster,
            @Nullable String node,
            @Nullable String comment,
            String blockedBy,
            Instant blockedAt) {}

    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "reportCompromisedKey",
            summary =
                    "Revokes every certificate that carries a public key and never certifies it again; after a dry run,"
                            + " whose confirmation it carries")
    ResponseEntity<BulkView> report(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @RequestParam(defaultValue = "false") boolean dryRun,
            @RequestBody NewCompromisedKey body) {
        // 1. Which key, and whether it is theirs to report
        KeyHash key = key(caller, body);
        if (!report.isPermitted(key, caller)) {
            throw May.refused();
        }
        requireNoAuthority(key);
        BulkView.requireEither(dryRun, body.confirmation());
        String comment = RevocationResource.comment(body.comment());

        // 2. What would be, or is, done
        if (dryRun) {
            return ResponseEntity.ok(BulkView.of(report.dryRun(key, comment, caller), clock.instant()));
        }
        ResponseEntity<BulkView> answer = idempotency.once(caller, request, body, BulkView.class, () -> {
            try {
                return ResponseEntity.status(HttpStatus.CREATED)
                        .body(BulkView.of(report.report(key, comment, body.confirmation(), caller), clock.instant()));
            } catch (ReportCompromisedKey.NotPermitted e) {
                throw May.refused();
            }
        });
        journal.complete();
        return answer;
    }

    @GetMapping
    @Operation(
            operationId = "listCompromisedKeys",
            summary = "Public keys that are never certified again, newest first; without a grant for all clusters, one"
                    + " cluster has to be named")
    Page<View> list(
            @AuthenticationPrincipal Caller caller,
            @RequestParam(required = false) @Nullable String cluster,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable Integer limit) {
        May.readOneOrAll(caller, cluster);
        int most = Page.limit(limit);
        return Page.of(
                blockedKeys.list(cluster, Page.after(cursor, KeyHash::new), most + 1),
                most,
                entry -> entry.key().hex(),
                CompromisedKeyResource::view);
    }

    private KeyHash key(Caller caller, NewCompromisedKey body) {
        String publicKey = body.publicKey();
        String certificate = body.certificate();
        String csr = body.csr();
        if (Stream.of(Optional.ofNullable(publicKey), Optional.ofNullable(certificate), Optional.ofNullable(csr))
                        .filter(Optional::isPresent)
                        .count()
                != 1) {
            throw ProblemException.refused("key", "name one key by exactly one of publicKey, certificate, csr");
        }
        if (publicKey != null) {
            return PublicKeys.publicKey(publicKey);
        }
        if (csr != null) {
            return PublicKeys.ofRequest(csr);
        }
        String named = String.valueOf(certificate);
        if (named.contains("-----BEGIN")) {
            return PublicKeys.ofCertificate(named);
        }
        CertificateRecord onRecord = visible.administer(caller, named);
        return KeyHash.ofCertificate(onRecord.der());
    }

    private void requireNoAuthority(KeyHash key) {
        authorities.all().stream()
                .filter(authority ->
                        KeyHash.ofCertificate(authority.certificate()).equals(key))
                .findAny()
                .ifPresent(authority -> {
                    throw ProblemException.refused(
                            "authority-key",
                            "this is the key of the authority " + authority.name()
                                    + "; revoking certificates does not help where a CA key is lost");
                });
    }

    private static View view(BlockedKeys.Entry entry) {
        return new View(
                entry.key().hex(),
                entry.cause(),
                entry.cluster(),
                entry.node(),
                entry.comment(),
                entry.by(),
                entry.at());
    }
}
