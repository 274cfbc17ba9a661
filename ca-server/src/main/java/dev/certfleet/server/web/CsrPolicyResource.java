package dev.certfleet.server.web;

import dev.certfleet.pki.CsrSigner;
import dev.certfleet.server.access.Caller;
import dev.certfleet.server.authority.CsrPolicies;
import dev.certfleet.server.authority.CsrPolicy;
import dev.certfleet.server.enrolment.ChangeCsrPolicy;
import dev.certfleet.server.x509.Subject;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Which CertificateSigningRequests of a cluster are answered. */
@RestController
@RequestMapping(path = "/api/v1/clusters/{cluster}/csr-policy", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "clusters")
class CsrPolicyResource {
    static final String SIGNERS = "a signer is "
            + Arrays.stream(CsrSigner.values()).map(CsrSigner::label).collect(Collectors.joining(", "));

    private static final int MOST_GROUPS = 100;

    private final CsrPolicies policies;
    private final ChangeCsrPolicy changePolicy;
    private final Clustered clustered;

    CsrPolicyResource(CsrPolicies policies, ChangeCsrPolicy changePolicy, Clustered clustered) {
        this.policies = policies;
        this.changePolicy = changePolicy;
        this.clustered = clustered;
    }

    @Schema(name = "CsrPolicy")
    record View(
            @Schema(description = "the signers that certfleet is in this cluster; none where it answers none")
            List<String> signers,

            @Schema(
                    description =
                            "groups that certfleet.dev/kube-apiserver-client puts users into by itself, who are in"
                                    + " them already")
            List<String> userGroups) {}

    @Schema(name = "CsrPolicyChange")
    record Change(@Nullable List<String> signers, @Nullable List<String> userGroups) {}

    @GetMapping
    @Operation(operationId = "getCsrPolicy", summary = "Which CertificateSigningRequests of the cluster are answered")
    View get(@AuthenticationPrincipal Caller caller, @PathVariable String cluster) {
        May.read(caller, cluster);
        return view(policies.of(clustered.named(cluster).name()));
    }

    @PatchMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "changeCsrPolicy",
            summary = "Changes which CertificateSigningRequests of the cluster are answered: a field that is left out"
                    + " stays; its control-plane nodes begin or end at once")
    View change(@AuthenticationPrincipal Caller caller, @PathVariable String cluster, @RequestBody Change body) {
        May.administer(caller, cluster);
        Optional<Set<CsrSigner>> signers = Optional.ofNullable(body.signers()).map(CsrPolicyResource::signers);
        Optional<List<String>> groups = Optional.ofNullable(body.userGroups()).map(CsrPolicyResource::groups);
        return view(changePolicy.change(
                clustered.named(cluster).name(),
                before -> new CsrPolicy(signers.orElse(before.signers()), groups.orElse(before.userGroups())),
                caller.actor()));
    }

    private static View view(CsrPolicy policy) {
        return new View(policy.signerNames(), policy.userGroups());
    }

    private static Set<CsrSigner> signers(List<String> names) {
        return names.stream()
                .map(name -> CsrSigner.named(name).orElseThrow(() -> ProblemException.refused("csr-signer", SIGNERS)))
                .collect(Collectors.toUnmodifiableSet());
    }

    private static List<String> groups(List<String> names) {
        boolean areGroups = names.size() <= MOST_GROUPS
                && names.stream()
                        .noneMatch(name -> name.isBlank()
                                || name.startsWith("system:")
                                || name.length() > Subject.MAX_ORGANIZATION);
        if (!areGroups) {
            throw ProblemException.refused(
                    "csr-user-groups",
                    "'userGroups' has at most " + MOST_GROUPS + " groups of 1 to " + Subject.MAX_ORGANIZATION
                            + " characters, none of them one of Kubernetes' own (system:…)");
        }
        return names.stream().distinct().sorted().toList();
    }
}
