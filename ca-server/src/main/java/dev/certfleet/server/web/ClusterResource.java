package dev.certfleet.server.web;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.server.access.Caller;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Cluster;
import dev.certfleet.server.authority.Clusters;
import dev.certfleet.server.authority.CreateCluster;
import dev.certfleet.server.authority.ImportAuthority;
import dev.certfleet.server.authority.ImportedAuthority;
import dev.certfleet.server.enrolment.ChangeCluster;
import dev.certfleet.server.x509.ClusterFacts;
import dev.certfleet.server.x509.CrlShards;
import dev.certfleet.server.x509.Violation;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
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
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping(path = "/api/v1/clusters", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "clusters")
class ClusterResource {
    /** With the kind and generation of an authority behind it, the name has to fit into a common name. */
    private static final int LONGEST_NAME = 40;

    private final Clusters clusters;
    private final Clustered clustered;
    private final CreateCluster create;
    private final ImportAuthority importAuthority;
    private final ChangeCluster change;
    private final Authorities authorities;
    private final Idempotency idempotency;

    ClusterResource(
            Clusters clusters,
            Clustered clustered,
            CreateCluster create,
            ImportAuthority importAuthority,
            ChangeCluster change,
            Authorities authorities,
            Idempotency idempotency) {
        this.clusters = clusters;
        this.clustered = clustered;
        this.create = create;
        this.importAuthority = importAuthority;
        this.change = change;
        this.authorities = authorities;
        this.idempotency = idempotency;
    }

    @Schema(name = "NewCluster")
    record NewCluster(
            String name,
            @Nullable String domain,
            @Nullable List<String> serviceCidrs,
            @Nullable String controlPlaneEndpoint,
            @Nullable List<String> extraNames,
            @Nullable String keyAlgorithm,
            @Nullable String statusUrl,
            @Nullable Integer crlShards,

            @Schema(description = "CAs of a cluster that is there already") @Nullable
            List<NewAuthority> importedAuthorities) {}

    @Schema(name = "Cluster")
    record View(
            String name,
            String domain,
            List<String> serviceCidrs,
            @Nullable String controlPlaneEndpoint,
            List<String> extraNames,
            String keyAlgorithm,
            String statusUrl,
            int crlShards,
            Instant createdAt,
            List<AuthorityResource.View> authorities) {}

    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.CREATED)
    @Operation(operationId = "createCluster", summary = "Makes a cluster together with its authorities")
    ResponseEntity<View> create(
            @AuthenticationPrincipal Caller caller, HttpServletRequest request, @RequestBody NewCluster body) {
        May.administerInstallation(caller);
        ClusterFacts facts = facts(body);
        String statusUrl = statusUrl(body.statusUrl());
        int crlShards = crlShards(body.crlShards());
        return idempotency.once(caller, request, body, View.class, () -> {
            List<ImportedAuthority> imported = NewAuthority.read(body.importedAuthorities());
            List<Violation> broken = importAuthority.check(imported);
            if (!broken.isEmpty()) {
                throw ProblemException.refused(broken);
            }
            Cluster cluster = create.create(facts, statusUrl, crlShards, imported, caller.actor())
                    .orElseThrow(() -> new ProblemException(
                            ProblemType.ALREADY_EXISTS, "there is a cluster called '" + facts.name() + "' already"));
            return ResponseEntity.status(HttpStatus.CREATED).body(view(cluster));
        });
    }

    @GetMapping
    @Operation(operationId = "listClusters", summary = "The clusters that the operator has a grant for, by name")
    Page<View> list(
            @AuthenticationPrincipal Caller caller,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable Integer limit) {
        if (!(caller instanceof Caller.Operator)) {
            throw May.refused();
        }
        int most = Page.limit(limit);
        String after = Page.after(cursor, key -> key);
        List<Cluster> found = clusters.all().stream()
                .filter(cluster -> caller.mayRead(cluster.name()))
                .filter(cluster -> after == null || cluster.name().compareTo(after) > 0)
                .limit(most + 1L)
                .toList();
        return Page.of(found, most, Cluster::name, this::view);
    }

    @GetMapping("/{cluster}")
    @Operation(operationId = "getCluster", summary = "One cluster")
    View get(@AuthenticationPrincipal Caller caller, @PathVariable String cluster) {
        May.read(caller, cluster);
        return view(clustered.named(cluster));
    }

    @Schema(name = "ClusterChange")
    record Change(
            @Nullable String domain,
            @Nullable List<String> serviceCidrs,
            @Nullable String controlPlaneEndpoint,
            @Nullable List<String> extraNames) {}

    @PatchMapping(path = "/{cluster}", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "changeCluster",
            summary = "Changes a cluster's description: a field that is left out stays, an empty controlPlaneEndpoint"
                    + " removes it; nodes renew what carries a name that changed, at once")
    View change(@AuthenticationPrincipal Caller caller, @PathVariable String cluster, @RequestBody Change body) {
        May.administer(caller, cluster);
        String name = clustered.named(cluster).name();
        ChangeCluster.Outcome outcome = change.change(name, facts -> changed(facts, body), caller.actor());
        return switch (outcome) {
            case ChangeCluster.Outcome.Changed changed -> view(changed.cluster());
            case ChangeCluster.Outcome.Refused refused -> throw ProblemException.refused(refused.violations());
        };
    }

    private static ClusterFacts changed(ClusterFacts facts, Change body) {
        String endpoint = Optional.ofNullable(body.controlPlaneEndpoint()).orElse(facts.controlPlaneEndpoint());
        try {
            return new ClusterFacts(
                    facts.name(),
                    Optional.ofNullable(body.domain()).orElse(facts.domain()),
                    Optional.ofNullable(body.serviceCidrs()).orElse(facts.serviceCidrs()),
                    endpoint == null || endpoint.isEmpty() ? null : endpoint,
                    Optional.ofNullable(body.extraNames()).orElse(facts.extraNames()),
                    facts.keyAlgorithm());
        } catch (IllegalArgumentException e) {
            throw ProblemException.refused("cluster", String.valueOf(e.getMessage()));
        }
    }

    private View view(Cluster cluster) {
        ClusterFacts facts = cluster.facts();
        return new View(
                facts.name(),
                facts.domain(),
                facts.serviceCidrs(),
                facts.controlPlaneEndpoint(),
                facts.extraNames(),
                facts.keyAlgorithm().label(),
                cluster.statusUrl(),
                cluster.crlShards(),
                cluster.createdAt(),
                authorities.ofCluster(cluster.name()).stream()
                        .map(AuthorityResource::view)
                        .toList());
    }

    private static ClusterFacts facts(NewCluster body) {
        if (body.name().length() > LONGEST_NAME) {
            throw ProblemException.refused("cluster", "a cluster's name has at most " + LONGEST_NAME + " characters");
        }
        try {
            return new ClusterFacts(
                    body.name(),
                    Optional.ofNullable(body.domain()).orElse("cluster.local"),
                    Optional.ofNullable(body.serviceCidrs()).orElse(List.of("10.96.0.0/12")),
                    body.controlPlaneEndpoint(),
                    Optional.ofNullable(body.extraNames()).orElse(List.of()),
                    KeyAlgorithm.of(Optional.ofNullable(body.keyAlgorithm()).orElse(KeyAlgorithm.P256.label())));
        } catch (IllegalArgumentException e) {
            throw ProblemException.refused("cluster", String.valueOf(e.getMessage()));
        }
    }

    private static int crlShards(@Nullable Integer given) {
        int shards = given == null ? 1 : given;
        if (shards < 1 || shards > CrlShards.MOST) {
            throw ProblemException.refused("crl-shards", "crlShards is from 1 to " + CrlShards.MOST);
        }
        return shards;
    }

    private static String statusUrl(@Nullable String given) {
        String url = given == null ? "http://localhost:8080" : given;
        try {
            URI uri = URI.create(url);
            if ("http".equals(uri.getScheme())
                    && uri.getHost() != null
                    && uri.getQuery() == null
                    && uri.getFragment() == null
                    && uri.getUserInfo() == null) {
                return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
            }
        } catch (IllegalArgumentException e) {
            // said below, together with every other way to get it wrong
        }
        throw ProblemException.refused(
                "status-url",
                "'" + url + "' is not an address like http://status.example.org:8080; status is served in plain HTTP,"
                        + " since checking a certificate must not need another one");
    }
}
