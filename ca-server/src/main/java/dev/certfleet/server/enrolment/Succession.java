package dev.certfleet.server.enrolment;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.NodeRole;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.authority.SucceedAuthority;
import dev.certfleet.server.ledger.CertificateRecord;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * Makes the revocation of break-glass and front-proxy certificates bite. kube-apiserver asks no webhook about {@code
 * system:masters} and sees no credential id of the front proxy: it takes such a certificate until the certificate's authority
 * leaves the file. So the authority is withdrawn, and the next generation issues.
 */
@Component
public class Succession {
    private static final List<String> PROFILES =
            List.of(ProfileName.KUBERNETES_SUPER_ADMIN.label(), ProfileName.FRONT_PROXY_CLIENT.label());

    private final SucceedAuthority succeed;
    private final NodeRepository nodes;
    private final RenewalDemands demands;
    private final Clock clock;

    Succession(SucceedAuthority succeed, NodeRepository nodes, RenewalDemands demands, Clock clock) {
        this.succeed = succeed;
        this.nodes = nodes;
        this.demands = demands;
        this.clock = clock;
    }

    /** Whether revoking this certificate withdraws its authority, if that is not withdrawn yet. */
    public boolean isWanted(CertificateRecord certificate, RevocationReason reason) {
        return reason != RevocationReason.SUPERSEDED
                && PROFILES.contains(certificate.profile())
                && !clock.instant().isAfter(certificate.notAfter());
    }

    /**
     * Whether revoking certificates of a profile may withdraw their authority.
     *
     * @param profile null for whatever profile
     */
    public boolean mayFollow(@Nullable String profile, RevocationReason reason) {
        return reason != RevocationReason.SUPERSEDED && (profile == null || PROFILES.contains(profile));
    }

    /**
     * In the transaction that revoked these, which keeps certificates from being recorded where {@link #isWanted}; an authority
     * is withdrawn once, however many of its certificates are revoked.
     *
     * @return the names of the authorities that were withdrawn
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public List<String> after(List<CertificateRecord> revoked, RevocationReason reason, String actor) {
        Map<String, CertificateRecord> first = new TreeMap<>();
        for (CertificateRecord certificate : revoked) {
            if (isWanted(certificate, reason)) {
                first.putIfAbsent(certificate.authority(), certificate);
            }
        }
        List<String> withdrawn = new ArrayList<>();
        first.forEach((authority, certificate) -> {
            Optional<Authority> successor = succeed.succeed(authority, certificate.serial(), actor);
            if (successor.isPresent()) {
                withdrawn.add(authority);
                if (successor.get().kind() == AuthorityKind.FRONT_PROXY) {
                    renewFrontProxies(Objects.requireNonNull(certificate.cluster()), actor);
                }
            }
        });
        return withdrawn;
    }

    private void renewFrontProxies(String cluster, String actor) {
        for (Node node : nodes.page(cluster, "", Limit.unlimited())) {
            if (!node.isOut() && node.roles().contains(NodeRole.CONTROL_PLANE.label())) {
                demands.of(node, Set.of(ProfileName.FRONT_PROXY_CLIENT), actor);
            }
        }
    }
}
