package dev.certfleet.server.rotation;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.NewCertificate;
import dev.certfleet.server.ledger.RevocableCertificates;
import dev.certfleet.server.ledger.Revocations;
import dev.certfleet.server.ledger.Selection;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.springframework.stereotype.Component;

/**
 * Revokes what stolen authorities issued, so that gates and etcd refuse it at once and not when their files change. Their own
 * keys were not lost, so the reason is {@code superseded} and the keys are not blocked. Node identities, servers' and operators'
 * certificates are left: the server knows each by its fingerprint, a forged one is none of them, and revoking them would cut
 * off exactly those who have to renew.
 */
@Component
class RevokeAllOf {
    /** How many in one transaction. */
    static final int AT_ONCE = 500;

    private static final Set<String> LEFT =
            Set.of(ProfileName.NODE_IDENTITY.label(), ProfileName.SERVER_TLS.label(), ProfileName.OPERATOR.label());

    private static final RevocationReason REASON = RevocationReason.SUPERSEDED;

    private final RevocableCertificates certificates;
    private final Revocations revocations;
    private final AuditLog audit;

    RevokeAllOf(RevocableCertificates certificates, Revocations revocations, AuditLog audit) {
        this.certificates = certificates;
        this.revocations = revocations;
        this.audit = audit;
    }

    /** @param profile a profile's label, or what adopted certificates have in its place */
    static boolean isRevoked(String profile) {
        return !LEFT.contains(profile);
    }

    /** Some of them, in the caller's transaction; 0 where none is left. */
    int some(Rotation rotation, List<String> authorities) {
        List<String> profiles = Stream.concat(
                        Arrays.stream(ProfileName.values())
                                .filter(profile -> profile.authority() == rotation.kind())
                                .map(ProfileName::label),
                        Stream.of(NewCertificate.ADOPTED))
                .filter(RevokeAllOf::isRevoked)
                .toList();
        int revoked = 0;
        for (String authority : authorities) {
            for (String profile : profiles) {
                if (revoked < AT_ONCE) {
                    revoked += some(rotation, authority, profile, AT_ONCE - revoked);
                }
            }
        }
        return revoked;
    }

    private int some(Rotation rotation, String authority, String profile, int limit) {
        Selection selection = new Selection(rotation.cluster(), null, profile, authority, null, null, null, null);
        String comment = "the key of " + authority + " is taken for stolen";
        List<CertificateRecord> found = certificates.select(selection, true, limit);
        for (CertificateRecord certificate : found) {
            if (revocations
                    .revoke(certificate, REASON, null, comment, rotation.startedBy())
                    .made()) {
                audit.append(
                        rotation.startedBy(),
                        new AuditEvent.CertificateRevoked(
                                certificate.cluster(),
                                certificate.id().hex(),
                                certificate.serial().hex(),
                                REASON.label(),
                                comment));
            }
        }
        return found.size();
    }
}
