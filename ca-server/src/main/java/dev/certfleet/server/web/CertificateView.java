package dev.certfleet.server.web;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.ledger.CertificateRecord;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A certificate on record. */
@Schema(name = "Certificate")
record CertificateView(
        String id,
        String serial,
        String authority,
        @Nullable String cluster,
        String profile,
        @Nullable String node,
        @Nullable String operator,
        String subject,
        List<String> dnsNames,
        List<String> addresses,
        Instant notBefore,
        Instant notAfter,

        @Schema(allowableValues = {"good", "held", "revoked", "expired"})
        String status,

        @Nullable Instant revokedAt,
        @Nullable String reason) {

    static CertificateView of(CertificateRecord certificate, Instant now) {
        CertificateRecord.Revoked revoked = certificate.revocation();
        RevocationReason reason = revoked == null ? null : revoked.reason();
        return new CertificateView(
                certificate.id().hex(),
                certificate.serial().hex(),
                certificate.authority(),
                certificate.cluster(),
                certificate.profile(),
                certificate.node(),
                certificate.operator(),
                certificate.subject(),
                certificate.dnsNames(),
                certificate.addresses(),
                certificate.notBefore(),
                certificate.notAfter(),
                certificate.status(now),
                revoked == null ? null : revoked.at(),
                reason == null ? null : reason.label());
    }
}
