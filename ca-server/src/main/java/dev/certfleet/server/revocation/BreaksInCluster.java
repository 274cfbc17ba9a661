package dev.certfleet.server.revocation;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.NewCertificate;
import dev.certfleet.server.ledger.RevocableCertificates;
import dev.certfleet.server.ledger.RevocableCertificates.Holding;
import dev.certfleet.server.revocation.Impact.Severity;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.springframework.stereotype.Component;

/** What breaks in one cluster. */
@Component
class BreaksInCluster {
    private final RevocableCertificates certificates;

    BreaksInCluster(RevocableCertificates certificates) {
        this.certificates = certificates;
    }

    /** @param revoked certificates in use of this cluster */
    List<Impact> of(String cluster, List<CertificateRecord> revoked, RevocationReason reason) {
        Set<Holding> left = new HashSet<>(certificates.heldWithout(
                cluster, revoked.stream().map(CertificateRecord::serial).toList()));
        Set<Holding> lost = new HashSet<>();
        List<Impact> impacts = new ArrayList<>();
        for (CertificateRecord certificate : revoked) {
            String node = certificate.node();
            if (certificate.profile().equals(NewCertificate.OCSP_RESPONDER)) {
                impacts.add(ofResponder(cluster, certificate));
            } else if (node == null) {
                impacts.add(ofUser(cluster, certificate));
            } else {
                Holding holding = new Holding(node, certificate.profile());
                if (!left.contains(holding)) {
                    lost.add(holding);
                }
            }
        }
        for (Holding holding : lost) {
            boolean identityIsLost = lost.contains(new Holding(holding.node(), ProfileName.NODE_IDENTITY.label()));
            ofNode(cluster, holding, reason, identityIsLost).ifPresent(impacts::add);
        }
        impacts.addAll(ofCluster(cluster, lost, left));
        return impacts;
    }

    private static Impact ofResponder(String cluster, CertificateRecord responder) {
        return new Impact(
                Severity.DEGRADED,
                cluster,
                null,
                responder.profile(),
                "OCSP answers of " + responder.authority() + " are signed by a revoked responder until its renewal");
    }

    private static Impact ofUser(String cluster, CertificateRecord certificate) {
        return new Impact(
                Severity.DEGRADED,
                cluster,
                null,
                certificate.profile(),
                "whoever uses the " + certificate.profile() + " certificate with serial "
                        + certificate.serial().hex() + " is refused");
    }

    private static Optional<Impact> ofNode(
            String cluster, Holding holding, RevocationReason reason, boolean identityIsLost) {
        ProfileName profile = ProfileName.of(holding.profile());
        String node = holding.node();
        Severity severity = ComponentLoss.severity(profile);
        String effect = profile == ProfileName.NODE_IDENTITY
                ? node
                        + " leaves the cluster until it is reinstalled: the server refuses its agent, which renews nothing"
                : node + ": " + ComponentLoss.of(profile) + ", until " + end(reason, identityIsLost);
        return Optional.of(new Impact(severity, cluster, node, profile.label(), effect));
    }

    private static String end(RevocationReason reason, boolean identityIsLost) {
        if (identityIsLost) {
            return "the node is reinstalled";
        }
        return switch (reason) {
            case KEY_COMPROMISE, SUPERSEDED -> "its agent has renewed the certificate, which it is asked to";
            case CERTIFICATE_HOLD -> "the hold is released";
            case UNSPECIFIED,
                    CA_COMPROMISE,
                    AFFILIATION_CHANGED,
                    CESSATION_OF_OPERATION,
                    PRIVILEGE_WITHDRAWN,
                    AA_COMPROMISE -> "the certificate is renewed, which nobody is asked to";
        };
    }

    /** Where no node keeps what the whole cluster needs from one, and where etcd loses its majority. */
    private static List<Impact> ofCluster(String cluster, Set<Holding> lost, Set<Holding> left) {
        List<Impact> impacts = new ArrayList<>();
        Set<String> profiles = new TreeSet<>(lost.stream().map(Holding::profile).toList());
        for (String label : profiles) {
            ProfileName profile = ProfileName.of(label);
            boolean none = left.stream().noneMatch(holding -> holding.profile().equals(label));
            ComponentLoss.withoutAny(profile)
                    .filter(effect -> none)
                    .ifPresent(effect -> impacts.add(new Impact(
                            Severity.OUTAGE,
                            cluster,
                            null,
                            label,
                            "no " + ComponentLoss.kindOfNode(profile) + " keeps a valid " + label + ": " + effect)));
        }
        String peer = ProfileName.ETCD_PEER.label();
        long gone =
                lost.stream().filter(holding -> holding.profile().equals(peer)).count();
        long stay =
                left.stream().filter(holding -> holding.profile().equals(peer)).count();
        if (gone > 0 && stay > 0 && stay <= (gone + stay) / 2) {
            impacts.add(new Impact(
                    Severity.OUTAGE,
                    cluster,
                    null,
                    peer,
                    stay + " of " + (gone + stay) + " etcd members keep a valid etcd-peer: etcd loses its majority"));
        }
        return impacts;
    }
}
