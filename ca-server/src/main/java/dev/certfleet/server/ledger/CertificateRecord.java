package dev.certfleet.server.ledger;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.x509.Fingerprint;
import dev.certfleet.server.x509.Serial;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An issued certificate as the ledger has it.
 *
 * @param serial its serial
 * @param id its SHA-256 fingerprint
 * @param authority the name of the authority that signed it
 * @param cluster null for the installation's own
 * @param profile its profile's label, or {@code ocsp-responder}
 * @param node the node that holds it, if one does
 * @param operator the operator who holds it, if one does
 * @param subject RFC 4514
 * @param dnsNames DNS names
 * @param addresses IP addresses, textual
 * @param notBefore start of validity
 * @param notAfter end of validity
 * @param der the certificate
 * @param issuedAt when it was recorded
 * @param firstUsedAt when it was first presented to the server, where that is watched
 * @param supersededAt when a newer identity of the same holder was first used
 * @param revocation null while it is not revoked
 */
public record CertificateRecord(
        Serial serial,
        Fingerprint id,
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
        byte[] der,
        Instant issuedAt,
        @Nullable Instant firstUsedAt,
        @Nullable Instant supersededAt,
        @Nullable Revoked revocation) {

    /**
     * @param at when it was revoked
     * @param reason why
     */
    public record Revoked(Instant at, RevocationReason reason) {}

    /** {@code good}, {@code held}, {@code revoked} or {@code expired}, the first that fits from the right. */
    public String status(Instant now) {
        Revoked revoked = revocation;
        if (revoked != null) {
            return revoked.reason() == RevocationReason.CERTIFICATE_HOLD ? "held" : "revoked";
        }
        return now.isAfter(notAfter) ? "expired" : "good";
    }
}
