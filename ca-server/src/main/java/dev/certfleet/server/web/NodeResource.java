package dev.certfleet.server.web;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.wire.NodeReport;
import dev.certfleet.server.access.Caller;
import dev.certfleet.server.enrolment.Assignments;
import dev.certfleet.server.enrolment.ChangeNode;
import dev.certfleet.server.enrolment.Node;
import dev.certfleet.server.enrolment.Nodes;
import dev.certfleet.server.recovery.JournalChanges;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;

@RestController
@RequestMapping(path = "/api/v1/clusters/{cluster}/nodes", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "nodes")
class NodeResource {
    private final Nodes nodes;
    private final ChangeNode change;
    private final Clustered clustered;
    private final Idempotency idempotency;
    private final JournalChanges journal;
    private final JsonMapper json;

    NodeResource(
            Nodes nodes,
            ChangeNode change,
            Clustered clustered,
            Idempotency idempotency,
            JournalChanges journal,
            JsonMapper json) {
        this.nodes = nodes;
        this.change = change;
        this.clustered = clustered;
        this.idempotency = idempotency;
        this.journal = journal;
        this.json = json;
    }

    @Schema(name = "Node")
    record View(
            String name,
            String cluster,
            List<String> roles,
            List<String> addresses,

            @Schema(allowableValues = {"active", "retired", "reinstall-allowed", "quarantined"})
            String state,

            Instant enrolledAt,
            @Nullable Instant lastSeenAt,
            @Nullable NodeReport report) {}

    @GetMapping
    @Operation(operationId = "listNodes", summary = "A cluster's nodes, by name")
    Page<View> list(
            @AuthenticationPrincipal Caller caller,
            @PathVariable String cluster,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable Integer limit) {
        May.read(caller, cluster);
        int most = Page.limit(limit);
        String after = Page.after(cursor, key -> key);
        return Page.of(nodes.page(clustered.named(cluster).name(), after, most + 1), most, Node::name, this::view);
    }

    @GetMapping("/{node}")
    @Operation(operationId = "getNode", summary = "One node, with what it last said of itself")
    View get(@AuthenticationPrincipal Caller caller, @PathVariable String cluster, @PathVariable String node) {
        May.read(caller, cluster);
        return view(found(nodes.named(clustered.named(cluster).name(), node), node));
    }

    @PostMapping("/{node}/retire")
    @Operation(operationId = "retireNode", summary = "Takes a node out for good and revokes all it holds")
    ResponseEntity<View> retire(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @PathVariable String cluster,
            @PathVariable String node) {
        May.administer(caller, cluster);
        String name = clustered.named(cluster).name();
        return idempotency.once(
                caller,
                request,
                "",
                View.class,
                () -> ResponseEntity.ok(view(found(nodes.retire(name, node, caller.actor()), node))));
    }

    @PostMapping("/{node}/reinstall")
    @Operation(operationId = "allowReinstall", summary = "Lets one new enrolment take the node's name")
    ResponseEntity<View> reinstall(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @PathVariable String cluster,
            @PathVariable String node) {
        May.administer(caller, cluster);
        String name = clustered.named(cluster).name();
        ResponseEntity<View> answer = idempotency.once(
                caller,
                request,
                "",
                View.class,
                () -> ResponseEntity.ok(view(found(nodes.allowReinstall(name, node, caller.actor()), node))));
        journal.complete();
        return answer;
    }

    @Schema(name = "NodeRenewal")
    record Renewal(@Nullable List<String> profiles) {}

    @PostMapping(path = "/{node}/renew", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "renewNode",
            summary = "Asks a node to renew its certificates of these profiles now, or all it holds; its agent does so"
                    + " within its polling interval")
    ResponseEntity<View> renew(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @PathVariable String cluster,
            @PathVariable String node,
            @RequestBody Renewal body) {
        May.administer(caller, cluster);
        String name = clustered.named(cluster).name();
        Set<ProfileName> profiles = body.profiles() == null
                ? Set.of()
                : body.profiles().stream().map(IssuanceResource::profile).collect(Collectors.toUnmodifiableSet());
        return idempotency.once(caller, request, body, View.class, () -> {
            Node found = found(nodes.named(name, node), node);
            requireHeld(found, profiles);
            nodes.demandRenewal(found, profiles, caller.actor());
            return ResponseEntity.ok(view(found));
        });
    }

    @Schema(name = "NodeChange")
    record Change(
            @Nullable List<String> addresses, @Nullable List<String> roles) {}

    @PatchMapping(path = "/{node}", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "changeNode",
            summary =
                    "Changes a node's addresses or roles: a field that is left out stays; what it holds by a role that"
                            + " it has no more is revoked")
    View change(
            @AuthenticationPrincipal Caller caller,
            @PathVariable String cluster,
            @PathVariable String node,
            @RequestBody Change body) {
        May.administer(caller, cluster);
        String name = clustered.named(cluster).name();
        return changed(change.change(name, node, body.addresses(), body.roles(), caller.actor()), node);
    }

    @Schema(name = "NodeRename")
    record Rename(String name) {}

    @PostMapping(path = "/{node}/rename", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "renameNode",
            summary = "Lets one new enrolment under another name take the node's place, which retires the node; the"
                    + " answer is the node to be")
    ResponseEntity<View> rename(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @PathVariable String cluster,
            @PathVariable String node,
            @RequestBody Rename body) {
        May.administer(caller, cluster);
        String name = clustered.named(cluster).name();
        return idempotency.once(
                caller,
                request,
                body,
                View.class,
                () -> ResponseEntity.ok(changed(change.rename(name, node, body.name(), caller.actor()), node)));
    }

    private View changed(Optional<ChangeNode.Outcome> outcome, String name) {
        return switch (outcome.orElseThrow(
                () -> ProblemException.notFound("node called '" + name + "' in this cluster"))) {
            case ChangeNode.Outcome.Changed changed -> view(changed.node());
            case ChangeNode.Outcome.Refused refused -> throw ProblemException.refused(refused.violations());
            case ChangeNode.Outcome.NameTaken taken ->
                throw new ProblemException(
                        ProblemType.NODE_NAME_TAKEN, "there is a node of the new name; choose another, or retire it");
        };
    }

    private static void requireHeld(Node node, Set<ProfileName> profiles) {
        if (node.state() == Node.State.RETIRED) {
            throw ProblemException.refused("node-retired", "the node was retired and holds nothing");
        }
        if (node.state() == Node.State.QUARANTINED) {
            throw ProblemException.refused("node-quarantined", "the node is in quarantine and holds nothing");
        }
        for (ProfileName profile : profiles) {
            if (!Assignments.isHeld(profile, node)) {
                throw ProblemException.refused("role-not-held", "the node holds no " + profile.label());
            }
        }
    }

    private static Node found(Optional<Node> node, String name) {
        return node.orElseThrow(() -> ProblemException.notFound("node called '" + name + "' in this cluster"));
    }

    private View view(Node node) {
        String report = node.report();
        return new View(
                node.name(),
                node.cluster(),
                node.roles(),
                node.addresses(),
                node.state().label(),
                node.enrolledAt(),
                node.lastSeenAt(),
                report == null ? null : json.readValue(report, NodeReport.class));
    }
}
