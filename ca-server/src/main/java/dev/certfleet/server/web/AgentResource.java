package dev.certfleet.server.web;

import dev.certfleet.pki.wire.AgentAlarm;
import dev.certfleet.pki.wire.Assignment;
import dev.certfleet.pki.wire.NodeReport;
import dev.certfleet.pki.wire.ServiceAccountKeyOrder;
import dev.certfleet.pki.wire.ServiceAccountKeyReport;
import dev.certfleet.server.access.Caller;
import dev.certfleet.server.enrolment.Assignments;
import dev.certfleet.server.enrolment.Nodes;
import dev.certfleet.server.enrolment.RaiseAlarm;
import dev.certfleet.server.enrolment.ServiceAccountKeys;
import dev.certfleet.server.ledger.AssignmentNews;
import dev.certfleet.server.ledger.Feed;
import dev.certfleet.server.recovery.DatabaseState;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;

/** What a node's agent asks and says; security lets agents alone in. */
@RestController
@RequestMapping(path = "/api/v1/agent", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "agent")
class AgentResource {
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);

    private final Assignments assignments;
    private final AssignmentNews news;
    private final ServiceAccountKeys serviceAccountKeys;
    private final Clock clock;
    private final Feed feed;
    private final DatabaseState databaseState;
    private final Nodes nodes;
    private final RaiseAlarm raiseAlarm;
    private final Idempotency idempotency;
    private final JsonMapper json;

    AgentResource(
            Assignments assignments,
            AssignmentNews news,
            ServiceAccountKeys serviceAccountKeys,
            Clock clock,
            Feed feed,
            DatabaseState databaseState,
            Nodes nodes,
            RaiseAlarm raiseAlarm,
            Idempotency idempotency,
            JsonMapper json) {
        this.assignments = assignments;
        this.news = news;
        this.serviceAccountKeys = serviceAccountKeys;
        this.clock = clock;
        this.feed = feed;
        this.databaseState = databaseState;
        this.nodes = nodes;
        this.raiseAlarm = raiseAlarm;
        this.idempotency = idempotency;
        this.json = json;
    }

    @GetMapping("/assignment")
    @Operation(
            operationId = "getAssignment",
            summary =
                    "What the calling node has to hold; with its version, waits until that is another, or answers 204")
    @ApiResponse(responseCode = "200", description = "What it has to hold")
    @ApiResponse(responseCode = "204", description = "Still that version after the wait", content = @Content)
    ResponseEntity<Assignment> assignment(
            @AuthenticationPrincipal Caller caller,
            @Parameter(description = "the version that the caller has") @RequestParam(required = false) @Nullable
                    String version,
            @Parameter(description = "how long to wait for another, at most PT60S")
                    @RequestParam(required = false)
                    @Nullable
                    Duration wait,
            @Parameter(description = FeedResource.MARK_DESCRIPTION)
                    @RequestHeader(name = FeedResource.MARK, required = false)
                    @Nullable
                    String mark)
            throws InterruptedException {
        Caller.Agent agent = agent(caller);
        if (mark != null) {
            databaseState.shown(agent.cluster(), mark, feed.head(agent.cluster()));
        }
        Duration longest = wait == null ? Duration.ZERO : wait;
        if (longest.isNegative() || longest.compareTo(LONGEST_WAIT) > 0) {
            throw new ProblemException(ProblemType.MALFORMED_REQUEST, "'wait' is at most " + LONGEST_WAIT);
        }
        Instant end = clock.instant().plus(longest);
        long seen = news.seen(agent.cluster(), agent.node());
        Assignment now = assignment(agent);
        Duration left = longest;
        while (now.version().equals(version) && left.isPositive()) {
            boolean goOn = news.await(agent.cluster(), agent.node(), seen, left);
            seen = news.seen(agent.cluster(), agent.node());
            now = assignment(agent);
            left = goOn ? Duration.between(clock.instant(), end) : Duration.ZERO;
        }
        return now.version().equals(version) ? ResponseEntity.noContent().build() : ResponseEntity.ok(now);
    }

    private Assignment assignment(Caller.Agent agent) {
        return assignments.of(nodes.named(agent.cluster(), agent.node())
                .filter(node -> !node.isOut())
                .orElseThrow(May::refused));
    }

    @PostMapping(path = "/service-account-key", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "reportServiceAccountKey",
            summary = "Takes which service-account key pair the calling node has, offers, asks for or passes on, and"
                    + " says what follows")
    ServiceAccountKeyOrder serviceAccountKey(
            @AuthenticationPrincipal Caller caller, @RequestBody ServiceAccountKeyReport body) {
        Caller.Agent agent = agent(caller);
        ServiceAccountKeys.Outcome outcome = serviceAccountKeys.take(
                agent.cluster(), agent.node(), agent.certificate().der(), body, agent.actor());
        return switch (outcome) {
            case ServiceAccountKeys.Outcome.Done done -> done.order();
            case ServiceAccountKeys.Outcome.Refused refused -> throw ProblemException.refused(refused.violations());
        };
    }

    @PostMapping(path = "/reports", consumes = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(operationId = "report", summary = "Replaces what the calling node last said of itself")
    void report(@AuthenticationPrincipal Caller caller, @RequestBody NodeReport body) {
        Caller.Agent agent = agent(caller);
        nodes.reported(agent.cluster(), agent.node(), json.writeValueAsString(body));
    }

    @PostMapping(path = "/alarms", consumes = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(operationId = "raiseAlarm", summary = "Raises an alarm, which becomes an audit event")
    ResponseEntity<Void> alarm(
            @AuthenticationPrincipal Caller caller, HttpServletRequest request, @RequestBody AgentAlarm body) {
        Caller.Agent agent = agent(caller);
        return idempotency.once(caller, request, body, Void.class, () -> {
            raiseAlarm.raise(agent.cluster(), agent.node(), body, agent.actor());
            return ResponseEntity.noContent().build();
        });
    }

    static Caller.Agent agent(Caller caller) {
        return switch (caller) {
            case Caller.Agent agent -> agent;
            case Caller.Operator operator -> throw May.refused();
        };
    }
}
