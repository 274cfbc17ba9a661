package dev.certfleet.server.recovery;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.Restoration;
import dev.certfleet.server.ledger.RevocationChange;
import dev.certfleet.server.ledger.RevocationRecord;
import dev.certfleet.server.x509.Fingerprint;
import dev.certfleet.server.x509.Serial;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A revocation in the journal: all that is needed to put a revocation back, and the certificate with it. Times are RFC 3339.
 *
 * @param kind a revocation, its end, or {@code given-up}: an operator accepted that it stays lost
 * @param revocation the revocation's id
 * @param certificate DER in base64
 * @param epoch the feed's when this was written
 * @param sequence the entry's in the feed; 0 where there is none
 */
record RevocationEntry(
        String kind,
        String revocation,
        String serial,
        String fingerprint,
        String authority,
        @Nullable String cluster,
        String reason,
        String revokedAt,
        @Nullable String invalidityDate,
        @Nullable String comment,
        String revokedBy,
        @Nullable String releasedAt,
        String profile,
        @Nullable String node,
        @Nullable String operator,
        String subject,
        List<String> dnsNames,
        List<String> addresses,
        String notBefore,
        String notAfter,
        String issuedAt,
        String certificate,
        String epoch,
        long sequence)
        implements JournalEntry {

    static final String GIVEN_UP = "given-up";

    private static final Set<String> KINDS =
            Set.of(RevocationChange.Kind.REVOKED.label(), RevocationChange.Kind.RELEASED.label(), GIVEN_UP);

    @Override
    public boolean isComplete() {
        if (lacksAnything() || !KINDS.contains(kind)) {
            return false;
        }
        CertificateRecord known = known().certificate();
        return Fingerprint.of(known.der()).equals(known.id());
    }

    private boolean lacksAnything() {
        return Stream.of(
                                kind,
                                revocation,
                                serial,
                                fingerprint,
                                authority,
                                reason,
                                revokedAt,
                                revokedBy,
                                profile,
                                subject,
                                notBefore,
                                notAfter,
                                issuedAt,
                                certificate,
                                epoch)
                        .anyMatch(Objects::isNull)
                || isMissing(dnsNames)
                || isMissing(addresses);
    }

    private static boolean isMissing(@Nullable List<String> names) {
        return names == null || names.stream().anyMatch(Objects::isNull);
    }

    static RevocationEntry of(RevocationChange change, String epoch) {
        return of(change.kind().label(), change.revocation(), change.certificate(), epoch, change.sequence());
    }

    /** Says that a revocation stays lost. */
    static RevocationEntry givenUp(Restoration.Known known) {
        return of(GIVEN_UP, known.revocation(), known.certificate(), "", 0);
    }

    private static RevocationEntry of(
            String kind, RevocationRecord revocation, CertificateRecord certificate, String epoch, long sequence) {
        return new RevocationEntry(
                kind,
                revocation.id().toString(),
                certificate.serial().hex(),
                certificate.id().hex(),
                certificate.authority(),
                certificate.cluster(),
                revocation.reason().label(),
                revocation.revokedAt().toString(),
                text(revocation.invalidityDate()),
                revocation.comment(),
                revocation.revokedBy(),
                text(revocation.releasedAt()),
                certificate.profile(),
                certificate.node(),
                certificate.operator(),
                certificate.subject(),
                certificate.dnsNames(),
                certificate.addresses(),
                certificate.notBefore().toString(),
                certificate.notAfter().toString(),
                certificate.issuedAt().toString(),
                Base64.getEncoder().encodeToString(certificate.der()),
                epoch,
                sequence);
    }

    private static @Nullable String text(@Nullable Instant time) {
        return time == null ? null : time.toString();
    }

    boolean isRevocation() {
        return kind.equals(RevocationChange.Kind.REVOKED.label());
    }

    UUID id() {
        return UUID.fromString(revocation);
    }

    Instant ends() {
        return Instant.parse(notAfter);
    }

    /** The revocation as it was when it was made. */
    Restoration.Known known() {
        return new Restoration.Known(
                new RevocationRecord(
                        id(),
                        new Fingerprint(fingerprint),
                        Serial.parse(serial),
                        cluster,
                        RevocationReason.of(reason),
                        Instant.parse(revokedAt),
                        invalidityDate == null ? null : Instant.parse(invalidityDate),
                        comment,
                        revokedBy,
                        null),
                new CertificateRecord(
                        Serial.parse(serial),
                        new Fingerprint(fingerprint),
                        authority,
                        cluster,
                        profile,
                        node,
                        operator,
                        subject,
                        dnsNames,
                        addresses,
                        Instant.parse(notBefore),
                        ends(),
                        Base64.getDecoder().decode(certificate),
                        Instant.parse(issuedAt),
                        null,
                        null,
                        null));
    }
}
