package dev.certfleet.server.web;

import dev.certfleet.server.access.Caller;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
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

/** Rotations of the installation's own authority. */
@RestController
@RequestMapping(path = "/api/v1", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "rotations")
class InstallationRotationResource {
    private final RotationCalls calls;

    InstallationRotationResource(RotationCalls calls) {
        this.calls = calls;
    }

    @Schema(name = "InstallationNodeLeftOut")
    record LeftOut(String cluster, String node) {}

    @PostMapping(path = "/rotations", consumes = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.CREATED)
    @Operation(
            operationId = "startInstallationRotation",
            summary = "Begins the rotation of the installation's own authority, which servers' TLS certificates are of")
    ResponseEntity<RotationView> start(
            @AuthenticationPrincipal Caller caller, HttpServletRequest request, @RequestBody RotationCalls.New body) {
        May.administerInstallation(caller);
        return calls.start(caller, request, null, body);
    }

    @GetMapping("/rotations")
    @Operation(
            operationId = "listInstallationRotations",
            summary = "The newest rotations of the installation's own authority")
    RotationCalls.All list(@AuthenticationPrincipal Caller caller) {
        May.readOneOrAll(caller, null);
        return calls.list(null);
    }

    @GetMapping("/rotations/{id}")
    @Operation(
            operationId = "getInstallationRotation",
            summary = "One rotation, with the nodes of every cluster and the certificates that it waits for")
    RotationView get(@AuthenticationPrincipal Caller caller, @PathVariable String id) {
        May.readOneOrAll(caller, null);
        return calls.get(null, id);
    }

    @PostMapping("/rotations/{id}/abort")
    @Operation(
            operationId = "abortInstallationRotation",
            summary = "Takes the new authority away again, as long as it does not issue")
    ResponseEntity<RotationView> abort(
            @AuthenticationPrincipal Caller caller, HttpServletRequest request, @PathVariable String id) {
        May.administerInstallation(caller);
        return calls.abort(caller, request, null, id);
    }

    @PostMapping(path = "/rotations/{id}/skip-node", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(operationId = "leaveNodeOutOfInstallationRotation", summary = "Waits for a node no more")
    ResponseEntity<RotationView> leaveOut(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @PathVariable String id,
            @RequestBody LeftOut body) {
        May.administerInstallation(caller);
        return calls.leaveOut(caller, request, null, id, body.cluster(), body.node(), body);
    }

    @PostMapping(path = "/rotations/{id}/force", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "forceInstallationRotation",
            summary =
                    "Goes on to the next step although certificates of the old authority are in use, or nodes trust it")
    ResponseEntity<RotationView> force(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @PathVariable String id,
            @RequestBody RotationCalls.Forced body) {
        May.administerInstallation(caller);
        return calls.force(caller, request, null, id, body);
    }

    @GetMapping(path = "/rotations/{id}/request", produces = Pem.MEDIA_TYPE)
    @Operation(
            operationId = "getInstallationAuthorityRequest",
            summary = "The PKCS#10 request for the new authority's certificate, where it has to come from outside")
    String request(@AuthenticationPrincipal Caller caller, @PathVariable String id) {
        May.readOneOrAll(caller, null);
        return calls.request(null, id);
    }

    @PostMapping(path = "/rotations/{id}/certificate", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "certifyInstallationAuthority",
            summary = "Takes in the new authority's certificate from outside, with every certificate up to the root")
    ResponseEntity<RotationView> certify(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @PathVariable String id,
            @RequestBody RotationCalls.Certified body) {
        May.administerInstallation(caller);
        return calls.certify(caller, request, null, id, body);
    }

    @PostMapping(path = "/emergency-rotations", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "startInstallationEmergencyRotation",
            summary =
                    "For a stolen key of the installation's authority: agents trust no server until each was given the"
                            + " new one by hand; after a dry run, whose confirmation it carries")
    ResponseEntity<EmergencyView> emergency(
            @AuthenticationPrincipal Caller caller,
            HttpServletRequest request,
            @RequestParam(defaultValue = "false") boolean dryRun,
            @RequestBody RotationCalls.Emergency body) {
        May.administerInstallation(caller);
        return calls.emergency(caller, request, null, dryRun, body);
    }
}
