package dev.certfleet.server.web;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.wire.AdoptionRequest;
import dev.certfleet.pki.wire.AdoptionResult;
import dev.certfleet.server.access.Caller;
import dev.certfleet.server.adoption.AdoptCertificates;
import dev.certfleet.server.adoption.Adopted;
import dev.certfleet.server.adoption.Found;
import dev.certfleet.server.authority.Cluster;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Puts certificates on record that were issued before certfleet had their authority. */
@RestController
@Tag(name = "certificates")
class AdoptionResource {
    private static final int MOST = 200;

    private final AdoptCertificates adopt;
    private final Clustered clustered;

    AdoptionResource(AdoptCertificates adopt, Clustered clustered) {
        this.adopt = adopt;
        this.clustered = clustered;
    }

    @PostMapping(
            path = "/api/v1/clusters/{cluster}/certificates/adopt",
            consumes = MediaType.APPLICATION_JSON_VALUE,
            produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "adoptCertificates",
            summary = "Records certificates that an imported authority issued before; again changes nothing")
    AdoptionResult adopt(
            @AuthenticationPrincipal Caller caller,
            @PathVariable String cluster,
            @RequestParam(required = false) @Nullable Boolean dryRun,
            @RequestBody AdoptionRequest body) {
        // 1. May they? A node for what it found on itself, an administrator for all
        if (caller instanceof Caller.Agent agent) {
            if (!agent.isNodeOf(cluster)) {
                throw May.refused();
            }
        } else {
            May.administer(caller, cluster);
        }
        Cluster named = clustered.named(cluster);
        if (body.certificates().isEmpty() || body.certificates().size() > MOST) {
            throw ProblemException.refused("certificates", "1 to " + MOST + " certificates are taken at once");
        }

        // 2. Record, and say what became of each
        List<Found> found = body.certificates().stream()
                .map(one -> new Found(
                        Pem.one(one.certificate(), dev.certfleet.pki.Pem.CERTIFICATE, "pem"),
                        profile(one.profile()),
                        node(caller, one.node())))
                .toList();
        return new AdoptionResult(adopt.adopt(named, found, Boolean.TRUE.equals(dryRun), caller.actor()).stream()
                .map(AdoptionResource::view)
                .toList());
    }

    private static @Nullable ProfileName profile(@Nullable String label) {
        return label == null ? null : IssuanceResource.profile(label);
    }

    private static @Nullable String node(Caller caller, @Nullable String node) {
        return switch (caller) {
            case Caller.Operator operator -> node;
            case Caller.Agent agent -> {
                if (node != null && !node.equals(agent.node())) {
                    throw ProblemException.notPermitted("a node tells of its own certificates only");
                }
                yield agent.node();
            }
        };
    }

    private static AdoptionResult.Item view(Adopted adopted) {
        return new AdoptionResult.Item(
                adopted.id(),
                adopted.outcome().label(),
                adopted.authority(),
                adopted.profile(),
                adopted.node(),
                adopted.subject(),
                adopted.remarks(),
                adopted.detail());
    }
}
