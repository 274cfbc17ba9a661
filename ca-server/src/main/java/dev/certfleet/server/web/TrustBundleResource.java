package dev.certfleet.server.web;

import dev.certfleet.server.access.Caller;
import dev.certfleet.server.authority.TrustBundles;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.Map;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/v1/clusters/{cluster}/trust-bundles")
@Tag(name = "trust-bundles")
class TrustBundleResource {
    private final TrustBundles bundles;
    private final Clustered clustered;

    TrustBundleResource(TrustBundles bundles, Clustered clustered) {
        this.bundles = bundles;
        this.clustered = clustered;
    }

    @Schema(name = "TrustBundles")
    record All(Map<String, String> bundles) {}

    @GetMapping(produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "getTrustBundles",
            summary = "The CA certificates that a cluster's components trust, PEM by name of the bundle")
    All all(@AuthenticationPrincipal Caller caller, @PathVariable String cluster) {
        May.readOrBeNodeOf(caller, cluster);
        return new All(bundles.of(clustered.named(cluster).name()));
    }

    @GetMapping(path = "/{bundle}", produces = Pem.MEDIA_TYPE)
    @Operation(operationId = "getTrustBundle", summary = "One trust bundle as a PEM file")
    String one(@AuthenticationPrincipal Caller caller, @PathVariable String cluster, @PathVariable String bundle) {
        May.readOrBeNodeOf(caller, cluster);
        String pem = bundles.of(clustered.named(cluster).name()).get(bundle);
        if (pem == null) {
            throw ProblemException.notFound("trust bundle called '" + bundle + "'");
        }
        return pem;
    }
}
