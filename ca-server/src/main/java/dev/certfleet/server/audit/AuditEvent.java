package dev.certfleet.server.audit;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is worth telling. Each case's components become the event's detail; none ever holds a key, a token or a secret.
 * Certificates are named by their SHA-256 fingerprint where they have one, else by serial.
 */
public sealed interface AuditEvent {
    /** The cluster it happened in; null where it concerns the whole installation. */
    @JsonIgnore
    @Nullable
    String cluster();

    /** The stable name of the kind of event, as in {@code certificate-issued}. */
    @JsonIgnore
    default String type() {
        return getClass().getSimpleName().replaceAll("(?<=[a-z])(?=[A-Z])", "-").toLowerCase(java.util.Locale.ROOT);
    }

    /** An event of the whole installation. */
    sealed interface OfInstallation extends AuditEvent {
        @Override
        @JsonIgnore
        default @Nullable String cluster() {
            return null;
        }
    }

    record InstallationCreated(String epoch) implements OfInstallation {}

    record ClusterCreated(String cluster, List<String> authorities) implements AuditEvent {}

    /** Each change as {@code field: before -> after}. */
    record ClusterChanged(String cluster, List<String> changes) implements AuditEvent {}

    record AuthorityCreated(@Nullable String cluster, String authority, String serial, String notAfter)
            implements AuditEvent {}

    /** An authority's key was certified by the generation before it. */
    record AuthorityCrossCertified(@Nullable String cluster, String authority, String by, String serial)
            implements AuditEvent {}

    /** A key was made, and a certificate for it asked for from outside. */
    record AuthorityRequested(@Nullable String cluster, String authority) implements AuditEvent {}

    /** An authority's key was taken for stolen: all generations of its kind left the trust bundles. */
    record AuthorityKeyStolen(
            @Nullable String cluster,
            String kind,
            List<String> authorities,
            @Nullable String comment) implements AuditEvent {}

    record RotationStarted(
            @Nullable String cluster, String rotation, String kind, String outgoing, String incoming, boolean emergency)
            implements AuditEvent {}

    /** A rotation went on to its next step, by itself or, where {@code forced}, by an operator's word. */
    record RotationAdvanced(@Nullable String cluster, String rotation, String kind, String step, boolean forced)
            implements AuditEvent {}

    record RotationAborted(@Nullable String cluster, String rotation, String kind, String why) implements AuditEvent {}

    /** A rotation does not wait for a node any more. */
    record RotationNodeLeftOut(@Nullable String cluster, String rotation, String node) implements AuditEvent {}

    /** Made by others; {@code keyHere} where it issues from now on, and not where it is only trusted still. */
    record AuthorityImported(String cluster, String authority, String subject, boolean keyHere, String notAfter)
            implements AuditEvent {}

    /** Issued by an imported authority before it was one of ours, and on record from now on. */
    record CertificateAdopted(
            String cluster,
            String id,
            String serial,
            String authority,
            String profile,
            @Nullable String node,
            String subject,
            String notAfter)
            implements AuditEvent {}

    record CertificateIssued(
            @Nullable String cluster,
            String id,
            String serial,
            String authority,
            String profile,
            String subject,
            String notAfter)
            implements AuditEvent {}

    record CertificateRevoked(
            @Nullable String cluster,
            String id,
            String serial,
            String reason,
            @Nullable String comment) implements AuditEvent {}

    record HoldReleased(@Nullable String cluster, String id, String serial) implements AuditEvent {}

    record EnrolmentTokenCreated(String cluster, String token, String nodeNamePattern, List<String> roles, int maxUses)
            implements AuditEvent {}

    record EnrolmentTokenWithdrawn(String cluster, String token) implements AuditEvent {}

    record TpmAdmitted(String cluster, String admission, String machines, String nodeNamePattern, List<String> roles)
            implements AuditEvent {}

    record TpmAdmissionWithdrawn(String cluster, String admission) implements AuditEvent {}

    record DocumentIssuerTrusted(
            String cluster, String name, String issuer, String audience, String nodeNamePattern, List<String> roles)
            implements AuditEvent {}

    record DocumentIssuerWithdrawn(String cluster, String name) implements AuditEvent {}

    record NodeEnrolled(String cluster, String node, List<String> roles, List<String> addresses, String evidence)
            implements AuditEvent {}

    record EnrolmentRefused(@Nullable String cluster, String node, String why) implements AuditEvent {}

    /** {@code identity} had expired; {@code renewed} takes its place once it is used. */
    record NodeCameBack(String cluster, String node, String identity, String expiredAt, String renewed)
            implements AuditEvent {}

    /** Whoever was refused holds the key of an identity of the node. */
    record ComebackRefused(String cluster, String node, String rule, String why) implements AuditEvent {}
    /** Each change as {@code field: before -> after}. */
    record NodeChanged(String cluster, String node, List<String> changes, int certificatesRevoked)
            implements AuditEvent {}

    /** The cluster's pair is this one from now on, by the SHA-256 of its public key. */
    record ServiceAccountKeyChosen(String cluster, String node, String publicKey) implements AuditEvent {}

    record ServiceAccountKeyPassedOn(String cluster, String node, String receiver, String publicKey)
            implements AuditEvent {}

    /** A node has another pair in place than the cluster's. */
    record ServiceAccountKeyDiffers(String cluster, String node, String publicKey) implements AuditEvent {}

    record NodeRetired(String cluster, String node, int certificatesRevoked) implements AuditEvent {}

    record NodeQuarantined(
            String cluster,
            String node,
            String reason,
            int certificatesRevoked,
            int keysBlocked,
            int tokensWithdrawn,
            @Nullable String comment)
            implements AuditEvent {}

    /** The key by its hash; a certificate of any cluster may have carried it. */
    record KeyCompromised(
            String key, int certificatesRevoked, @Nullable String comment) implements OfInstallation {}

    record RevokedInBulk(
            String cluster,
            String filter,
            String reason,
            int certificatesRevoked,
            @Nullable String comment) implements AuditEvent {}

    /** An authority left the trust bundles; the next generation issues. {@code serial}: of the certificate for whose sake. */
    record AuthorityWithdrawn(
            @Nullable String cluster,
            String authority,
            String successor,
            @Nullable String serial) implements AuditEvent {}

    record RestartLeaseGranted(String cluster, String node, String component, String lease, String reason)
            implements AuditEvent {}

    record RestartEnded(
            String cluster,
            String node,
            String component,
            String lease,
            boolean healthy,
            @Nullable String detail) implements AuditEvent {}

    record RestartLeaseCleared(String cluster, String node, String component, String lease) implements AuditEvent {}

    record ReinstallAllowed(String cluster, String node) implements AuditEvent {}

    /** No profiles means all that the node holds. */
    record RenewalDemanded(String cluster, String node, List<String> profiles) implements AuditEvent {}

    record OperatorCreated(String operator, List<String> grants) implements OfInstallation {}

    record OperatorRemoved(String operator) implements OfInstallation {}

    record OperatorCredentialReplaced(String operator, String how) implements OfInstallation {}

    record AlarmRaised(
            @Nullable String cluster,
            String node,
            String kind,
            @Nullable String id,
            String detail) implements AuditEvent {}

    record ClonedIdentity(String cluster, String node, String serial) implements AuditEvent {}

    /** What servers journalled or agents have seen is not in the database: {@code evidence} is one of the two. */
    record DatabaseBehind(String server, String evidence, String clusters) implements OfInstallation {}

    record FeedEpochChanged(String epoch) implements OfInstallation {}

    record RevocationReplayed(@Nullable String cluster, String id, String serial, String reason, String revokedAt)
            implements AuditEvent {}

    record BlockedKeyReplayed(String key, String cause, String blockedAt) implements OfInstallation {}

    /** {@code endedAt}: null where the node is in quarantine again. */
    record QuarantineReplayed(
            String cluster,
            String node,
            String quarantinedAt,
            @Nullable String endedAt) implements AuditEvent {}

    /** {@code revocations}: how many of them, blocked keys and quarantines together. */
    record LossAccepted(String server, String revocations) implements OfInstallation {}

    record DatabaseCaughtUp(String server) implements OfInstallation {}
}
