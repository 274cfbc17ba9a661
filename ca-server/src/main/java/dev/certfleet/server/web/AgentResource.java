package dev.certfleet.server.web;

import dev.certfleet.pki.wire.AgentAlarm;
import dev.certfleet.pki.wire.Assignment;
import dev.certfleet.pki.wire.NodeReport;
import dev.certfleet.server.access.Caller;
import dev.certfleet.server.enrolment.Assignments;
import dev.certfleet.server.enrolment.Nodes;
import dev.certfleet.server.enrolment.RaiseAlarm;
import dev.certfleet.server.ledger.Feed;
import dev.certfleet.server.recovery.DatabaseState;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
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
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;

/** What a node's agent asks and says; security lets agents alone in. */
@RestController
@RequestMapping(path = "/api/v1/agent", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "agent")
class AgentResource {
    private final Assignments assignments;
    private final Feed feed;
    private final DatabaseState databaseState;
    private final Nodes nodes;
    private final RaiseAlarm raiseAlarm;
    private final Idempotency idempotency;
    private final JsonMapper json;

    AgentResource(
            Assignments assignments,
            Feed feed,
            DatabaseState databaseState,
            Nodes nodes,
            RaiseAlarm raiseAlarm,
            Idempotency idempotency,
            JsonMapper json) {
        this.assignments = assignments;
        this.feed = feed;
        this.databaseState = databaseState;
        this.nodes = nodes;
        this.raiseAlarm = raiseAlarm;
        this.idempotency = idempotency;
        this.json = json;
    }

    @GetMapping("/assignment")
    @Operation(operationId = "getAssignment", summary = "What the calling node has to hold")
    Assignment assignment(
            @AuthenticationPrincipal Caller caller,
            @Parameter(description = FeedResource.MARK_DESCRIPTION)
                    @RequestHeader(name = FeedResource.MARK, required = false)
                    @Nullable
                    String mark) {
        Caller.Agent agent = agent(caller);
        if (mark != null) {
            databaseState.shown(agent.cluster(), mark, feed.head(agent.cluster()));
        }
        return assignments.of(nodes.named(agent.cluster(), agent.node()).orElseThrow(May::refused));
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
