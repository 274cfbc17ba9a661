package dev.certfleet.server.web;

import dev.certfleet.server.access.Caller;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Rotations of a cluster's authorities. */
@RestController
@RequestMapping(path = "/api/v1/clusters/{cluster}", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "rotations")
class RotationResource {
    private final RotationCalls calls;
    private final Clustered clustered;

    RotationResource(RotationCalls calls, Clustered clustered) {
        this.calls = calls;
        this.clustered = clustered;
    }

    @PostMapping(path = "/rotations", consumes = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.CREATED)
    @Operation(
            operationId = "startRotation",
            summary =
                    "Begins the rotation of one of the cluster's authorities: the next generation is trusted from now on"
                            + " and issues when every node has loaded it")
    ResponseEntity<RotationView> start(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @PathVariable String cluster,
            @RequestBody RotationCalls.New body) {
        return calls.start(caller, request, administered(caller, cluster), body);
    }

    @GetMapping("/rotations")
    @Operation(operationId = "listRotations", summary = "The newest rotations of the cluster's authorities")
    RotationCalls.All list(@AuthenticationPrincipal Caller caller, @PathVariable String cluster) {
        return calls.list(read(caller, cluster));
    }

    @GetMapping("/rotations/{id}")
    @Operation(operationId = "getRotation", summary = "One rotation, with the nodes and certificates that it waits for")
    RotationView get(@AuthenticationPrincipal Caller caller, @PathVariable String cluster, @PathVariable String id) {
        return calls.get(read(caller, cluster), id);
    }

    @PostMapping("/rotations/{id}/abort")
    @Operation(
            operationId = "abortRotation",
            summary = "Takes the new authority away again, as long as it does not issue")
    ResponseEntity<RotationView> abort(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @PathVariable String cluster,
            @PathVariable String id) {
        return calls.abort(caller, request, administered(caller, cluster), id);
    }

    @PostMapping(path = "/rotations/{id}/skip-node", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(operationId = "leaveNodeOutOfRotation", summary = "Waits for a node no more")
    ResponseEntity<RotationView> leaveOut(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @PathVariable String cluster,
            @PathVariable String id,
            @RequestBody RotationCalls.LeftOut body) {
        return calls.leaveOut(caller, request, administered(caller, cluster), id, cluster, body.node(), body);
    }

    @PostMapping(path = "/rotations/{id}/force", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "forceRotation",
            summary =
                    "Goes on to the next step although certificates of the old authority are in use, or nodes trust it")
    ResponseEntity<RotationView> force(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @PathVariable String cluster,
            @PathVariable String id,
            @RequestBody RotationCalls.Forced body) {
        return calls.force(caller, request, administered(caller, cluster), id, body);
    }

    @GetMapping(path = "/rotations/{id}/request", produces = Pem.MEDIA_TYPE)
    @Operation(
            operationId = "getAuthorityRequest",
            summary = "The PKCS#10 request for the new authority's certificate, where it has to come from outside")
    String request(@AuthenticationPrincipal Caller caller, @PathVariable String cluster, @PathVariable String id) {
        return calls.request(read(caller, cluster), id);
    }

    @PostMapping(path = "/rotations/{id}/certificate", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "certifyAuthority",
            summary = "Takes in the new authority's certificate from outside, with every certificate up to the root")
    ResponseEntity<RotationView> certify(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @PathVariable String cluster,
            @PathVariable String id,
            @RequestBody RotationCalls.Certified body) {
        return calls.certify(caller, request, administered(caller, cluster), id, body);
    }

    @PostMapping(path = "/emergency-rotations", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "startEmergencyRotation",
            summary =
                    "For a stolen CA key: takes every generation of the authority out of the bundles at once and revokes"
                            + " what it issued; after a dry run, whose confirmation it carries")
    ResponseEntity<EmergencyView> emergency(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @PathVariable String cluster,
            @RequestParam(defaultValue = "false") boolean dryRun,
            @RequestBody RotationCalls.Emergency body) {
        return calls.emergency(caller, request, administered(caller, cluster), dryRun, body);
    }

    private String administered(Caller caller, String cluster) {
        May.administer(caller, cluster);
        return clustered.named(cluster).name();
    }

    private String read(Caller caller, String cluster) {
        May.read(caller, cluster);
        return clustered.named(cluster).name();
    }
}
