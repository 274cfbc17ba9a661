package dev.certfleet.server.web;

import dev.certfleet.server.access.Caller;
import dev.certfleet.server.recovery.Recovery;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** What the database lacks after a restore, and how it catches up. */
@RestController
@RequestMapping(path = "/api/v1/recovery", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "recovery")
class RecoveryResource {
    private final Recovery recovery;

    RecoveryResource(Recovery recovery) {
        this.recovery = recovery;
    }

    /**
     * @param behind whether nothing is issued and good is said of nothing
     * @param since since when
     * @param evidence how it is known
     * @param servers whose journals matter; issuance goes on when none is awaited
     * @param server the one that answers: a replay here is of its journal
     * @param missing how many revocations, blocked keys and quarantines its journal has and the database lacks
     * @param lost the first of the revocations
     * @param lostKeys the first of the keys
     * @param lostQuarantines the first of the quarantines
     */
    @Schema(name = "Recovery")
    record View(
            boolean behind,
            @Nullable Instant since,
            List<Recovery.Evidence> evidence,
            List<Recovery.Server> servers,
            String server,
            long missing,
            List<Recovery.Lost> lost,
            List<Recovery.LostKey> lostKeys,
            List<Recovery.LostQuarantine> lostQuarantines) {}

    @Schema(name = "Replayed")
    record Replayed(long revocations, long certificates, long keys, long quarantines, View recovery) {}

    @Schema(name = "AcceptLoss")
    record AcceptLoss(String server) {}

    @Schema(name = "AcceptedLoss")
    record Accepted(
            @Nullable Long missing,
            List<Recovery.Lost> lost,
            List<Recovery.LostKey> lostKeys,
            List<Recovery.LostQuarantine> lostQuarantines,
            View recovery) {}

    @GetMapping
    @Operation(
            operationId = "getRecovery",
            summary =
                    "What the database lacks that was known before, and what a replay of this server's journal would do")
    View get(@AuthenticationPrincipal Caller caller) {
        May.administerInstallation(caller);
        return view();
    }

    @PostMapping("/replay")
    @Operation(
            operationId = "replay",
            summary = "Puts back from this server's journal each revocation, blocked key and quarantine that the"
                    + " database lost")
    Replayed replay(@AuthenticationPrincipal Caller caller) {
        May.administerInstallation(caller);
        Recovery.Replayed done = recovery.replay(caller.actor());
        return new Replayed(done.revocations(), done.certificates(), done.keys(), done.quarantines(), view());
    }

    @PostMapping(path = "/accept-loss", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "acceptLoss",
            summary = "Gives up what a server's journal alone has: a server that is gone, or what cannot be put back")
    Accepted acceptLoss(@AuthenticationPrincipal Caller caller, @RequestBody AcceptLoss body) {
        May.administerInstallation(caller);
        Recovery.Accepted accepted = recovery.acceptLoss(id(body.server()), caller.actor())
                .orElseThrow(() -> ProblemException.notFound("server with this id"));
        return new Accepted(
                accepted.missing(), accepted.lost(), accepted.lostKeys(), accepted.lostQuarantines(), view());
    }

    private static UUID id(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw ProblemException.refused(
                    "server", "'server' is the id of one of the servers that GET /recovery lists");
        }
    }

    private View view() {
        Recovery.Standing standing = recovery.standing();
        return new View(
                standing.since() != null,
                standing.since(),
                standing.evidence(),
                standing.servers(),
                standing.server(),
                standing.missing(),
                standing.lost(),
                standing.lostKeys(),
                standing.lostQuarantines());
    }
}
