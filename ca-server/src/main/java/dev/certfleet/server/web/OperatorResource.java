package dev.certfleet.server.web;

import dev.certfleet.pki.wire.IssuedCertificate;
import dev.certfleet.pki.wire.RenewalRequest;
import dev.certfleet.server.access.Caller;
import dev.certfleet.server.access.CreateOperator;
import dev.certfleet.server.access.Grant;
import dev.certfleet.server.access.Grants;
import dev.certfleet.server.access.Operator;
import dev.certfleet.server.access.OperatorChange;
import dev.certfleet.server.access.Operators;
import dev.certfleet.server.access.RemoveOperator;
import dev.certfleet.server.access.RenewOperator;
import dev.certfleet.server.authority.Clusters;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
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
@RequestMapping(path = "/api/v1/operators", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "operators")
class OperatorResource {
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9._@-]{0,61}[a-z0-9])?");
    private static final int MOST_GRANTS = 1000;

    private final Operators operators;
    private final CreateOperator create;
    private final RenewOperator renew;
    private final RemoveOperator remove;
    private final Clusters clusters;
    private final Idempotency idempotency;

    OperatorResource(
            Operators operators,
            CreateOperator create,
            RenewOperator renew,
            RemoveOperator remove,
            Clusters clusters,
            Idempotency idempotency) {
        this.operators = operators;
        this.create = create;
        this.renew = renew;
        this.remove = remove;
        this.clusters = clusters;
        this.idempotency = idempotency;
    }

    @Schema(name = "NewOperator")
    record NewOperator(String name, List<Grant> grants, String csr) {}

    @Schema(name = "CreatedOperator")
    record Created(String name, List<Grant> grants, IssuedCertificate certificate) {}

    @Schema(name = "Operator")
    record View(String name, List<Grant> grants, Instant createdAt) {}

    @GetMapping
    @Operation(operationId = "listOperators", summary = "The operators and their grants, by name")
    Page<View> list(
            @AuthenticationPrincipal Caller caller,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable Integer limit) {
        May.administerInstallation(caller);
        int most = Page.limit(limit);
        String after = Page.after(cursor, key -> key);
        List<Operator> found = operators.all().stream()
                .filter(operator -> after == null || operator.name().compareTo(after) > 0)
                .limit(most + 1L)
                .toList();
        return Page.of(
                found,
                most,
                Operator::name,
                operator -> new View(operator.name(), operator.grants().all(), operator.createdAt()));
    }

    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.CREATED)
    @Operation(operationId = "createOperator", summary = "Makes an operator and issues their certificate")
    Created create(@AuthenticationPrincipal Caller caller, HttpServletRequest request, @RequestBody NewOperator body) {
        May.administerInstallation(caller);
        check(body);
        Idempotency.Key key = idempotency.key(request, body);
        OperatorChange change = create.create(
                body.name(), new Grants(body.grants()), Pem.request(body.csr()), caller.actor(), key.id(), key.hash());
        return new Created(body.name(), body.grants(), certificate(change, body.name()));
    }

    @PostMapping(path = "/{name}/renew", consumes = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.CREATED)
    @Operation(
            operationId = "renewOperator",
            summary = "Issues an operator, who asks themself, a certificate for a new key")
    IssuedCertificate renew(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @PathVariable String name,
            @RequestBody RenewalRequest body) {
        if (!(caller instanceof Caller.Operator operator) || !operator.name().equals(name)) {
            throw ProblemException.notPermitted("operators renew their own certificate only");
        }
        Idempotency.Key key = idempotency.key(request, body);
        return certificate(renew.renew(name, Pem.request(body.csr()), caller.actor(), key.id(), key.hash()), name);
    }

    @DeleteMapping("/{name}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(operationId = "removeOperator", summary = "Removes an operator and revokes their certificates")
    void remove(@AuthenticationPrincipal Caller caller, @PathVariable String name) {
        May.administerInstallation(caller);
        switch (remove.remove(name, caller.actor())) {
            case OperatorChange.Removed removed -> {}
            case OperatorChange other -> throw problem(other, name);
        }
    }

    private void check(NewOperator body) {
        if (!NAME.matcher(body.name()).matches()) {
            throw ProblemException.refused("operator-name", "a name has 1 to 63 of a-z, 0-9, and . _ @ - between them");
        }
        if (body.grants().isEmpty() || body.grants().size() > MOST_GRANTS) {
            throw ProblemException.refused("grants", "an operator has 1 to " + MOST_GRANTS + " grants");
        }
        for (Grant grant : body.grants()) {
            if (!grant.cluster().equals(Grant.EVERYWHERE)
                    && clusters.named(grant.cluster()).isEmpty()) {
                throw ProblemException.refused("grants", "there is no cluster called '" + grant.cluster() + "'");
            }
        }
    }

    private static IssuedCertificate certificate(OperatorChange change, String name) {
        return switch (change) {
            case OperatorChange.Credential credential -> IssuanceResource.answer(credential.issuance());
            case OperatorChange other -> throw problem(other, name);
        };
    }

    private static RuntimeException problem(OperatorChange change, String name) {
        return switch (change) {
            case OperatorChange.NameTaken taken ->
                new ProblemException(
                        ProblemType.ALREADY_EXISTS, "the name '" + name + "' is, or was, an operator's already");
            case OperatorChange.NoSuchOperator none -> ProblemException.notFound("operator called '" + name + "'");
            case OperatorChange.LastAdministrator last ->
                new ProblemException(
                        ProblemType.LAST_ADMINISTRATOR, "give another operator the role admin for all clusters first");
            case OperatorChange.Credential credential -> new IllegalStateException("an unexpected certificate");
            case OperatorChange.Removed removed -> new IllegalStateException("an unexpected removal");
        };
    }
}
