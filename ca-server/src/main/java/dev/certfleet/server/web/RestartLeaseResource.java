package dev.certfleet.server.web;

import dev.certfleet.pki.wire.RestartLease;
import dev.certfleet.pki.wire.RestartLeaseRequest;
import dev.certfleet.pki.wire.RestartOutcome;
import dev.certfleet.server.access.Caller;
import dev.certfleet.server.restart.Lease;
import dev.certfleet.server.restart.LeaseAnswer;
import dev.certfleet.server.restart.RestartLeases;
import dev.certfleet.server.restart.RestartableComponent;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
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
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Who may restart a component now. */
@RestController
@RequestMapping(path = "/api/v1", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "restarts")
class RestartLeaseResource {
    /** How many are listed, and how long what a node says may be. */
    private static final int LISTED = 100;

    private static final int LONGEST_TEXT = 500;

    private final RestartLeases leases;
    private final Clustered clustered;
    private final Clock clock;

    RestartLeaseResource(RestartLeases leases, Clustered clustered, Clock clock) {
        this.leases = leases;
        this.clustered = clustered;
        this.clock = clock;
    }

    @Schema(name = "ClusterRestartLease")
    record View(
            String id,
            String node,
            String component,
            String reason,

            @Schema(allowableValues = {"held", "lapsed", "unhealthy", "healthy", "cleared"})
            String state,

            Instant grantedAt,
            Instant expiresAt,
            @Nullable Instant endedAt,
            @Nullable String detail,
            @Nullable Instant clearedAt,
            @Nullable String clearedBy) {}

    @Schema(name = "ClusterRestartLeases")
    record All(List<View> items) {}

    @PostMapping(path = "/agent/restart-leases", consumes = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.CREATED)
    @Operation(
            operationId = "leaseRestart",
            summary = "Lets the calling node restart a component, alone in its cluster; asked again while it holds the"
                    + " lease, it gets the same one")
    RestartLease grant(@AuthenticationPrincipal Caller caller, @RequestBody RestartLeaseRequest body) {
        Caller.Agent agent = AgentResource.agent(caller);
        RestartableComponent component = RestartableComponent.of(body.component())
                .orElseThrow(() -> ProblemException.refused(
                        "component",
                        "a component is etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubelet or"
                                + " kube-proxy"));
        String reason = text(body.reason(), "reason");
        return switch (leases.grant(agent.cluster(), agent.node(), component, reason, agent.actor())) {
            case LeaseAnswer.Granted(Lease lease) ->
                new RestartLease(
                        lease.id().toString(),
                        lease.component(),
                        lease.expiresAt().toString());
            case LeaseAnswer.Taken taken ->
                throw new ProblemException(ProblemType.RESTART_LEASE_TAKEN, inTheWay(taken))
                        .retryAfter(taken.retryAfter());
        };
    }

    private static String inTheWay(LeaseAnswer.Taken taken) {
        String which = "the restart of " + taken.by().component() + " on "
                + taken.by().node() + " (lease " + taken.by().id() + ")";
        return switch (taken.state()) {
            case HELD -> which + " is under way";
            case LAPSED -> which + " ran out and nobody said how it went; that node or an operator has to";
            case UNHEALTHY, HEALTHY, CLEARED ->
                which + " did not end healthy; that node has to become healthy, or an operator to clear it";
        };
    }

    @PostMapping(path = "/agent/restart-leases/{id}/end", consumes = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(
            operationId = "endRestart",
            summary = "Says how a restart went; where it was not healthy, no other begins until this is sent again,"
                    + " healthy, or an operator clears the lease")
    void end(@AuthenticationPrincipal Caller caller, @PathVariable String id, @RequestBody RestartOutcome body) {
        Caller.Agent agent = AgentResource.agent(caller);
        String detail = body.detail() == null ? null : text(body.detail(), "detail");
        if (!leases.end(agent.cluster(), agent.node(), id(id), body.healthy(), detail, agent.actor())) {
            throw unknown();
        }
    }

    @GetMapping("/clusters/{cluster}/restart-leases")
    @Operation(
            operationId = "listRestartLeases",
            summary = "A cluster's newest restarts; one that is lapsed or unhealthy keeps every other from beginning")
    All list(@AuthenticationPrincipal Caller caller, @PathVariable String cluster) {
        May.read(caller, cluster);
        Instant now = clock.instant();
        return new All(leases.newest(clustered.named(cluster).name(), LISTED).stream()
                .map(lease -> view(lease, now))
                .toList());
    }

    @DeleteMapping("/clusters/{cluster}/restart-leases/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(
            operationId = "clearRestartLease",
            summary = "Lets the cluster's restarts go on, whatever became of this one; clearing again changes nothing")
    void clear(@AuthenticationPrincipal Caller caller, @PathVariable String cluster, @PathVariable String id) {
        May.administer(caller, cluster);
        if (!leases.clear(clustered.named(cluster).name(), id(id), caller.actor())) {
            throw unknown();
        }
    }

    private static View view(Lease lease, Instant now) {
        return new View(
                lease.id().toString(),
                lease.node(),
                lease.component(),
                lease.reason(),
                lease.state(now).label(),
                lease.grantedAt(),
                lease.expiresAt(),
                lease.endedAt(),
                lease.detail(),
                lease.clearedAt(),
                lease.clearedBy());
    }

    private static UUID id(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw unknown();
        }
    }

    private static ProblemException unknown() {
        return ProblemException.notFound("restart lease with this id");
    }

    private static String text(String given, String name) {
        if (given.isBlank() || given.length() > LONGEST_TEXT) {
            throw ProblemException.refused(name, "'" + name + "' has 1 to " + LONGEST_TEXT + " characters");
        }
        return given;
    }
}
