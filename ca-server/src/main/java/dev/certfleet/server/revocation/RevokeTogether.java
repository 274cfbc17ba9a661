package dev.certfleet.server.revocation;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.enrolment.Node;
import dev.certfleet.server.enrolment.Nodes;
import dev.certfleet.server.enrolment.Succession;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.RevocationRecord;
import dev.certfleet.server.ledger.Revocations;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** Revokes certificates in one transaction, with all that follows: events, replacements, succession of authorities. */
@Component
class RevokeTogether {
    private final Revocations revocations;
    private final Nodes nodes;
    private final Succession succession;
    private final AuditLog audit;

    RevokeTogether(Revocations revocations, Nodes nodes, Succession succession, AuditLog audit) {
        this.revocations = revocations;
        this.nodes = nodes;
        this.succession = succession;
        this.audit = audit;
    }

    /**
     * What came of it.
     *
     * @param revocations those in force now, in the order of the certificates
     * @param made how many of them were made by this
     * @param authoritiesWithdrawn names of authorities that left the trust bundles for it
     */
    record Result(List<RevocationRecord> revocations, int made, List<String> authoritiesWithdrawn) {}

    /** In the caller's transaction. Several clusters' turns are the caller's to take, in order. */
    @Transactional(propagation = Propagation.MANDATORY)
    Result revoke(
            List<CertificateRecord> certificates,
            RevocationReason reason,
            @Nullable Instant invalidityDate,
            @Nullable String comment,
            String actor) {
        List<RevocationRecord> inForce = new ArrayList<>();
        List<CertificateRecord> made = new ArrayList<>();
        for (CertificateRecord certificate : certificates) {
            Revocations.InForce result = revocations.revoke(certificate, reason, invalidityDate, comment, actor);
            inForce.add(result.revocation());
            if (result.made()) {
                made.add(certificate);
                audit.append(
                        actor,
                        new AuditEvent.CertificateRevoked(
                                certificate.cluster(),
                                certificate.id().hex(),
                                certificate.serial().hex(),
                                reason.label(),
                                comment));
            }
        }
        replace(made, reason, actor);
        return new Result(inForce, made.size(), succession.after(made, reason, actor));
    }

    /**
     * Certificates that were revoked for their key's sake, or to be replaced, are replaced: the nodes are asked to renew what their agents hold,
     * with a new key where the old one is compromised, which is not certified again. After any other reason a node keeps what
     * it has; to cut a node off, retire it or put it in quarantine.
     */
    private void replace(List<CertificateRecord> made, RevocationReason reason, String actor) {
        if (reason != RevocationReason.KEY_COMPROMISE && reason != RevocationReason.SUPERSEDED) {
            return;
        }
        record Holder(String cluster, String node) implements Comparable<Holder> {
            @Override
            public int compareTo(Holder other) {
                int byCluster = cluster.compareTo(other.cluster);
                return byCluster != 0 ? byCluster : node.compareTo(other.node);
            }
        }
        Map<Holder, Set<ProfileName>> profiles = new TreeMap<>();
        for (CertificateRecord certificate : made) {
            String cluster = certificate.cluster();
            String node = certificate.node();
            if (cluster != null
                    && node != null
                    && !ProfileName.of(certificate.profile()).isByCsr()) {
                profiles.computeIfAbsent(new Holder(cluster, node), holder -> EnumSet.noneOf(ProfileName.class))
                        .add(ProfileName.of(certificate.profile()));
            }
        }
        profiles.forEach((holder, named) -> {
            Optional<Node> node = nodes.named(holder.cluster(), holder.node());
            node.filter(found -> !found.isOut()).ifPresent(found -> nodes.demandRenewal(found, named, actor));
        });
    }
}
