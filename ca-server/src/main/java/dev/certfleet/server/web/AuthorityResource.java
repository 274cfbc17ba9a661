package dev.certfleet.server.web;

import dev.certfleet.server.access.Caller;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.authority.TrustBundles;
import dev.certfleet.server.x509.AuthorityRules;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping(path = "/api/v1", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "authorities")
class AuthorityResource {
    private final Authorities authorities;
    private final Clustered clustered;

    AuthorityResource(Authorities authorities, Clustered clustered) {
        this.authorities = authorities;
        this.clustered = clustered;
    }

    @Schema(name = "Authority")
    record View(
            String name,
            @Nullable String cluster,
            String kind,
            int generation,
            String subject,
            String keyAlgorithm,
            String keyId,
            Instant notBefore,
            Instant notAfter,
            String certificate,

            @Schema(allowableValues = {"active", "retired", "withdrawn"})
            String state,

            @Schema(description = "whether others made it") boolean imported,

            @Schema(description = "where false, it is trusted still and cannot sign: no OCSP, no CRL of its own")
            boolean keyHere,

            @Schema(description = "what it lacks, and others may refuse what it signs for it")
            List<String> remarks) {}

    @Schema(name = "Authorities")
    record All(List<View> items) {}

    @GetMapping("/clusters/{cluster}/authorities")
    @Operation(operationId = "listAuthorities", summary = "A cluster's authorities, by name")
    All ofCluster(@AuthenticationPrincipal Caller caller, @PathVariable String cluster) {
        May.read(caller, cluster);
        return new All(authorities.ofCluster(clustered.named(cluster).name()).stream()
                .map(AuthorityResource::view)
                .toList());
    }

    @GetMapping("/authorities/{name}")
    @Operation(operationId = "getAuthority", summary = "One authority, by the name in its CRL's and certificate's URLs")
    View get(@AuthenticationPrincipal Caller caller, @PathVariable String name) {
        Optional<Authority> found = authorities.named(name);
        String cluster = found.map(Authority::cluster).orElse(null);
        if (!caller.mayReadInstallation() && (cluster == null || !caller.mayRead(cluster))) {
            throw May.refused();
        }
        return view(found.orElseThrow(() -> ProblemException.notFound("authority called '" + name + "'")));
    }

    static View view(Authority authority) {
        return new View(
                authority.name(),
                authority.cluster(),
                authority.kind().label(),
                authority.generation(),
                authority.subject(),
                authority.keyAlgorithm().label(),
                HexFormat.of().formatHex(authority.keyIdentifier()),
                authority.notBefore(),
                authority.notAfter(),
                TrustBundles.pem(authority),
                authority.state(),
                authority.isImported(),
                authority.canSign(),
                authority.isImported() ? AuthorityRules.remarks(authority.certificate()) : List.of());
    }
}
