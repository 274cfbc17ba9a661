package dev.certfleet.server.web;

import dev.certfleet.server.access.Caller;
import dev.certfleet.server.enrolment.TpmAdmission;
import dev.certfleet.server.enrolment.TpmAdmissions;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
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
@RequestMapping(path = "/api/v1/clusters/{cluster}/tpm-admissions", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "tpm-admissions")
class TpmAdmissionResource {
    private final TpmAdmissions admissions;
    private final Clustered clustered;
    private final Idempotency idempotency;

    TpmAdmissionResource(TpmAdmissions admissions, Clustered clustered, Idempotency idempotency) {
        this.admissions = admissions;
        this.clustered = clustered;
        this.idempotency = idempotency;
    }

    @Schema(name = "NewTpmAdmission")
    record NewAdmission(
            @Schema(description = "SHA-256 over the endorsement key's SubjectPublicKeyInfo, hexadecimal") @Nullable
            String ekFingerprint,

            @Schema(description = "PEM of the CA certificates that certify endorsement keys") @Nullable
            String ekAuthority,

            String nodeNamePattern,
            List<String> roles) {}

    @Schema(name = "TpmAdmission")
    record View(
            String id,
            @Nullable String ekFingerprint,
            @Nullable String ekAuthority,
            String nodeNamePattern,
            List<String> roles,
            String createdBy,
            Instant createdAt,
            @Nullable Instant withdrawnAt) {}

    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.CREATED)
    @Operation(
            operationId = "createTpmAdmission",
            summary = "Lets a machine enrol by its TPM, or all whose endorsement key some authorities certified")
    ResponseEntity<View> create(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @PathVariable String cluster,
            @RequestBody NewAdmission body) {
        May.administer(caller, cluster);
        String name = clustered.named(cluster).name();
        return idempotency.once(caller, request, body, View.class, () -> switch (admissions.create(
                name, body.ekFingerprint(), body.ekAuthority(), body.nodeNamePattern(), body.roles(), caller.actor())) {
            case TpmAdmissions.Creation.Created(TpmAdmission admission) ->
                ResponseEntity.status(HttpStatus.CREATED).body(view(admission));
            case TpmAdmissions.Creation.Refused refused -> throw ProblemException.refused(refused.violations());
            case TpmAdmissions.Creation.Exists exists ->
                throw new ProblemException(
                        ProblemType.ALREADY_EXISTS, "this endorsement key is admitted to the cluster already");
        });
    }

    @GetMapping
    @Operation(operationId = "listTpmAdmissions", summary = "A cluster's admissions of machines by TPM, newest first")
    Page<View> list(
            @AuthenticationPrincipal Caller caller,
            @PathVariable String cluster,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable Integer limit) {
        May.administer(caller, cluster);
        int most = Page.limit(limit);
        UUID after = Page.after(cursor, UUID::fromString);
        List<TpmAdmission> found = admissions.ofCluster(clustered.named(cluster).name()).stream()
                .dropWhile(admission -> after != null && !admission.id().equals(after))
                .skip(after == null ? 0 : 1)
                .limit(most + 1L)
                .toList();
        return Page.of(found, most, admission -> admission.id().toString(), TpmAdmissionResource::view);
    }

    @DeleteMapping("/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(
            operationId = "withdrawTpmAdmission",
            summary = "Withdraws an admission: nobody enrols by it any more; who has enrolled stays")
    void withdraw(@AuthenticationPrincipal Caller caller, @PathVariable String cluster, @PathVariable UUID id) {
        May.administer(caller, cluster);
        if (!admissions.withdraw(clustered.named(cluster).name(), id, caller.actor())) {
            throw ProblemException.notFound("such admission in this cluster");
        }
    }

    private static View view(TpmAdmission admission) {
        byte[] key = admission.endorsementKey();
        return new View(
                admission.id().toString(),
                key == null ? null : "sha256:" + HexFormat.of().formatHex(key),
                admission.endorsementAuthorities(),
                admission.nodeNamePattern(),
                admission.roles(),
                admission.createdBy(),
                admission.createdAt(),
                admission.withdrawnAt());
    }
}
