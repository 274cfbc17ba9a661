package dev.certfleet.server.web;

import dev.certfleet.server.access.Caller;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.TrustBundles;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.CertificateSearch;
import dev.certfleet.server.ledger.Ledger;
import dev.certfleet.server.x509.Serial;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Certificates on record: search, one, and its PEM. */
@RestController
@RequestMapping("/api/v1/certificates")
@Tag(name = "certificates")
class CertificateResource {
    private static final List<String> STATUSES = List.of("good", "held", "revoked", "expired");

    /** What a certificate can express (RFC 5280 section 4.1.2.5). */
    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

    private final Ledger ledger;
    private final VisibleCertificates visible;
    private final Authorities authorities;
    private final Clock clock;

    CertificateResource(Ledger ledger, VisibleCertificates visible, Authorities authorities, Clock clock) {
        this.ledger = ledger;
        this.visible = visible;
        this.authorities = authorities;
        this.clock = clock;
    }

    @GetMapping(produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "searchCertificates",
            summary =
                    "Certificates on record, newest first; without a grant for all clusters, one cluster has to be named")
    Page<CertificateView> search(
            @AuthenticationPrincipal Caller caller,
            @RequestParam(required = false) @Nullable String cluster,
            @RequestParam(required = false) @Nullable String node,
            @RequestParam(required = false) @Nullable String operator,
            @RequestParam(required = false) @Nullable String profile,
            @RequestParam(required = false) @Nullable String serial,
            @Schema(allowableValues = {"good", "held", "revoked", "expired"}) @RequestParam(required = false) @Nullable
                    String status,
            @RequestParam(required = false) @Nullable Instant expiresBefore,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable Integer limit) {
        May.readOneOrAll(caller, cluster);
        if (status != null && !STATUSES.contains(status)) {
            throw new ProblemException(
                    ProblemType.MALFORMED_REQUEST, "'status' is one of " + String.join(", ", STATUSES));
        }
        if (expiresBefore != null && (expiresBefore.isBefore(Instant.EPOCH) || expiresBefore.isAfter(LATEST))) {
            throw new ProblemException(
                    ProblemType.MALFORMED_REQUEST, "'expiresBefore' is a time between 1970 and the end of 9999");
        }
        int most = Page.limit(limit);
        CertificateSearch search =
                new CertificateSearch(cluster, node, operator, profile, serial(serial), status, expiresBefore);
        Instant now = clock.instant();
        return Page.of(
                ledger.search(search, Page.after(cursor, Serial::parse), most + 1),
                most,
                certificate -> certificate.serial().hex(),
                certificate -> CertificateView.of(certificate, now));
    }

    private static @Nullable String serial(@Nullable String text) {
        try {
            return text == null
                    ? null
                    : Serial.parse(text.toLowerCase(Locale.ROOT)).hex();
        } catch (IllegalArgumentException e) {
            throw new ProblemException(
                    ProblemType.MALFORMED_REQUEST, "'serial' is 1 to 32 hexadecimal digits, without colons");
        }
    }

    /** Which of the two is meant, the Accept header says; whoever takes anything gets JSON. */
    @GetMapping("/{id}")
    @Operation(operationId = "getCertificate", summary = "One certificate, as JSON or as PEM with its chain")
    @ApiResponse(
            responseCode = "200",
            description = "OK",
            content = {
                @Content(
                        mediaType = MediaType.APPLICATION_JSON_VALUE,
                        schema = @Schema(implementation = CertificateView.class)),
                @Content(mediaType = Pem.MEDIA_TYPE, schema = @Schema(type = "string"))
            })
    ResponseEntity<Object> get(
            @AuthenticationPrincipal Caller caller, HttpServletRequest request, @PathVariable String id) {
        CertificateRecord certificate = visible.read(caller, id);
        if (wantsPem(request.getHeader(HttpHeaders.ACCEPT))) {
            return ResponseEntity.ok()
                    .contentType(MediaType.parseMediaType(Pem.MEDIA_TYPE))
                    .body(pem(certificate));
        }
        return ResponseEntity.ok()
                .contentType(MediaType.APPLICATION_JSON)
                .body(CertificateView.of(certificate, clock.instant()));
    }

    @GetMapping(path = "/{id}/pem", produces = Pem.MEDIA_TYPE)
    @Operation(operationId = "getCertificatePem", summary = "One certificate as PEM, followed by its authority's")
    String pem(@AuthenticationPrincipal Caller caller, @PathVariable String id) {
        return pem(visible.read(caller, id));
    }

    private String pem(CertificateRecord certificate) {
        return Pem.of(certificate.der())
                + TrustBundles.pem(authorities.named(certificate.authority()).orElseThrow());
    }

    private static boolean wantsPem(@Nullable String accept) {
        if (accept == null) {
            return false;
        }
        try {
            MediaType pem = MediaType.parseMediaType(Pem.MEDIA_TYPE);
            return MediaType.parseMediaTypes(accept).stream()
                    .anyMatch(type -> type.isConcrete() && type.equalsTypeAndSubtype(pem));
        } catch (org.springframework.http.InvalidMediaTypeException e) {
            throw new ProblemException(ProblemType.MALFORMED_REQUEST, "the Accept header cannot be read");
        }
    }
}
