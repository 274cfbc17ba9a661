package dev.certfleet.server.web;

import dev.certfleet.pki.wire.DoorProofs;
import dev.certfleet.server.access.Caller;
import dev.certfleet.server.receipt.TakeProofs;
import dev.certfleet.server.x509.Violation;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** What a node's agent saw its doors refuse; security lets agents alone in. */
@RestController
@Tag(name = "agent")
class ProofResource {
    private final TakeProofs takeProofs;

    ProofResource(TakeProofs takeProofs) {
        this.takeProofs = takeProofs;
    }

    @PostMapping(path = "/api/v1/agent/proofs", consumes = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(
            operationId = "prove",
            summary = "Counts what the calling node's doors were seen to refuse into receipts")
    void prove(@AuthenticationPrincipal Caller caller, @RequestBody DoorProofs body) {
        List<Violation> violations = switch (caller) {
            case Caller.Agent agent -> takeProofs.take(agent.cluster(), agent.node(), body.proofs());
            case Caller.Operator operator -> throw May.refused();
        };
        if (!violations.isEmpty()) {
            throw ProblemException.refused(violations);
        }
    }
}
