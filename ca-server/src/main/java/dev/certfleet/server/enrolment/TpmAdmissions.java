package dev.certfleet.server.enrolment;

import dev.certfleet.pki.Certificates;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.enrolment.tpm.EndorsementCertificate;
import dev.certfleet.server.enrolment.tpm.TpmPublicKey;
import dev.certfleet.server.x509.Violation;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Which machines may enrol by their TPM. */
@Component
public class TpmAdmissions {
    /** The most CA certificates of one admission. */
    public static final int MOST_AUTHORITIES = 16;

    private static final int LONGEST_AUTHORITIES = 64 * 1024;

    private final TpmAdmissionRepository admissions;
    private final AuditLog audit;
    private final Clock clock;

    TpmAdmissions(TpmAdmissionRepository admissions, AuditLog audit, Clock clock) {
        this.admissions = admissions;
        this.audit = audit;
        this.clock = clock;
    }

    /** What came of asking for an admission. */
    public sealed interface Creation {
        record Created(TpmAdmission admission) implements Creation {}

        record Refused(List<Violation> violations) implements Creation {}

        /** A machine with this endorsement key is admitted to the cluster already. */
        record Exists() implements Creation {}
    }

    /**
     * @param fingerprint of one endorsement key: SHA-256 over its SubjectPublicKeyInfo, 64 hexadecimal digits, {@code sha256:}
     *     before them or not
     * @param authorities PEM of CA certificates that certify endorsement keys; one of the two is given
     * @param nodeNamePattern a node's name, in which {@code *} stands for any characters
     * @param roles at least one
     */
    @Transactional
    public Creation create(
            String cluster,
            @Nullable String fingerprint,
            @Nullable String authorities,
            String nodeNamePattern,
            List<String> roles,
            String actor) {
        List<Violation> violations = NamePattern.violations(nodeNamePattern, roles, "an admission");
        if ((fingerprint == null) == (authorities == null)) {
            violations.add(new Violation("endorsement", "either 'ekFingerprint' or 'ekAuthority' is needed, not both"));
        }
        byte[] key = fingerprint == null ? null : fingerprint(fingerprint);
        if (fingerprint != null && key == null) {
            violations.add(new Violation(
                    "ek-fingerprint", "'ekFingerprint' is the SHA-256 of a public key: 64 hexadecimal digits"));
        }
        if (authorities != null) {
            wrong(authorities).ifPresent(wrong -> violations.add(new Violation("ek-authority", wrong)));
        }
        if (!violations.isEmpty()) {
            return new Creation.Refused(violations);
        }
        if (key != null && admissions.findAdmitted(cluster, key).isPresent()) {
            return new Creation.Exists();
        }
        TpmAdmission admission = admissions.saveAndFlush(new TpmAdmission(
                UUID.randomUUID(),
                cluster,
                key,
                authorities,
                nodeNamePattern,
                roles.stream().distinct().toList(),
                actor,
                clock.instant()));
        audit.append(
                actor,
                new AuditEvent.TpmAdmitted(
                        cluster,
                        admission.id().toString(),
                        key == null
                                ? "of an authority"
                                : "sha256:" + HexFormat.of().formatHex(key),
                        nodeNamePattern,
                        admission.roles()));
        return new Creation.Created(admission);
    }

    private static byte @Nullable [] fingerprint(String text) {
        String lower = text.toLowerCase(java.util.Locale.ROOT);
        String digits = (lower.startsWith("sha256:") ? lower.substring("sha256:".length()) : lower).replace(":", "");
        return digits.matches("[0-9a-f]{64}") ? HexFormat.of().parseHex(digits) : null;
    }

    private static Optional<String> wrong(String authorities) {
        if (authorities.length() > LONGEST_AUTHORITIES) {
            return Optional.of("'ekAuthority' has at most " + LONGEST_AUTHORITIES + " characters");
        }
        try {
            List<X509Certificate> certificates = Certificates.parse(authorities);
            if (certificates.isEmpty() || certificates.size() > MOST_AUTHORITIES) {
                return Optional.of("'ekAuthority' holds 1 to " + MOST_AUTHORITIES + " CA certificates in PEM");
            }
            return certificates.stream().allMatch(one -> one.getBasicConstraints() >= 0)
                    ? Optional.empty()
                    : Optional.of("'ekAuthority' holds a certificate that is no CA's");
        } catch (CertificateException | IllegalArgumentException e) {
            return Optional.of("'ekAuthority' is not PEM of CA certificates");
        }
    }

    /** Lets nobody in by it from now on; false where the cluster has no such admission. */
    @Transactional
    public boolean withdraw(String cluster, UUID id, String actor) {
        Optional<TpmAdmission> admission = admissions.findByClusterAndId(cluster, id);
        admission.filter(found -> found.withdrawnAt() == null).ifPresent(found -> {
            found.withdraw(clock.instant());
            audit.append(actor, new AuditEvent.TpmAdmissionWithdrawn(cluster, id.toString()));
        });
        return admission.isPresent();
    }

    /** Newest first. */
    public List<TpmAdmission> ofCluster(String cluster) {
        return admissions.findByClusterOrderByCreatedAtDescId(cluster);
    }

    /** What lets the machine with this endorsement key in: an admission of the key itself, else the oldest of an authority. */
    Optional<TpmAdmission> admitting(String cluster, TpmPublicKey key, Optional<X509Certificate> certificate) {
        Optional<TpmAdmission> itself = admissions.findAdmitted(cluster, key.fingerprint());
        if (itself.isPresent() || certificate.isEmpty()) {
            return itself;
        }
        return admissions.findWithAuthorities(cluster).stream()
                .filter(admission ->
                        EndorsementCertificate.vouches(certificate.get(), key, authorities(admission), clock.instant()))
                .findFirst();
    }

    private static List<X509Certificate> authorities(TpmAdmission admission) {
        try {
            return Certificates.parse(String.valueOf(admission.endorsementAuthorities()));
        } catch (CertificateException e) {
            throw new IllegalStateException("the authorities of admission " + admission.id() + " cannot be read", e);
        }
    }
}
