package dev.certfleet.server.web;

import dev.certfleet.server.access.Caller;
import dev.certfleet.server.audit.AuditTrail;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

@RestController
@RequestMapping(path = "/api/v1/audit-events", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "audit-events")
class AuditEventResource {
    private final AuditTrail trail;
    private final JsonMapper json;

    AuditEventResource(AuditTrail trail, JsonMapper json) {
        this.trail = trail;
        this.json = json;
    }

    @Schema(name = "AuditEvent")
    record View(
            long sequence,
            Instant at,
            String actor,
            @Nullable String cluster,
            String type,
            Map<String, Object> detail) {}

    @GetMapping
    @Operation(
            operationId = "listAuditEvents",
            summary = "What was done, oldest first; without a grant for all clusters, one cluster has to be named")
    Page<View> list(
            @AuthenticationPrincipal Caller caller,
            @RequestParam(required = false) @Nullable String cluster,
            @RequestParam(required = false) @Nullable String type,
            @RequestParam(required = false) @Nullable Long after,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable Integer limit) {
        May.readOneOrAll(caller, cluster);
        int most = Page.limit(limit);
        Long continued = Page.after(cursor, Long::parseLong);
        long start = continued != null ? continued : after != null ? after : 0;
        List<AuditTrail.Entry> found = trail.page(cluster, type, start, most + 1);
        return Page.of(found, most, entry -> Long.toString(entry.sequence()), this::view);
    }

    private View view(AuditTrail.Entry entry) {
        return new View(
                entry.sequence(),
                entry.at(),
                entry.actor(),
                entry.cluster(),
                entry.type(),
                json.readValue(entry.detail(), new TypeReference<Map<String, Object>>() {}));
    }
}
