package dev.certfleet.server.revocation;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.ledger.CertificateRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.springframework.stereotype.Component;

/**
 * Says in plain words what would break if certificates were revoked: what a component cannot do any more, as its profile
 * tells. Where a newer certificate of the same profile stays in force, nothing breaks; what is on hold or superseded is not
 * in use.
 */
@Component
class WhatBreaks {
    private final BreaksInCluster inCluster;
    private final BreaksInInstallation inInstallation;
    private final BreaksBySuccession bySuccession;

    WhatBreaks(BreaksInCluster inCluster, BreaksInInstallation inInstallation, BreaksBySuccession bySuccession) {
        this.inCluster = inCluster;
        this.inInstallation = inInstallation;
        this.bySuccession = bySuccession;
    }

    /**
     * The worst first.
     *
     * @param revoked what would be revoked
     * @param own the certificate that the caller shows
     */
    List<Impact> of(List<CertificateRecord> revoked, RevocationReason reason, CertificateRecord own) {
        List<CertificateRecord> inUse = revoked.stream()
                .filter(certificate -> certificate.revocation() == null && certificate.supersededAt() == null)
                .toList();
        List<Impact> impacts = new ArrayList<>(inInstallation.of(inUse, own));
        inUse.stream()
                .filter(certificate -> certificate.cluster() != null)
                .collect(Collectors.groupingBy(certificate -> Objects.requireNonNull(certificate.cluster())))
                .forEach((cluster, certificates) -> impacts.addAll(inCluster.of(cluster, certificates, reason)));
        impacts.addAll(bySuccession.of(revoked, reason));
        impacts.sort(Comparator.comparing(Impact::severity)
                .thenComparing(Impact::cluster, Comparator.nullsFirst(Comparator.naturalOrder()))
                .thenComparing(Impact::node, Comparator.nullsFirst(Comparator.naturalOrder()))
                .thenComparing(Impact::effect));
        return impacts;
    }

    /** The profile of a certificate that is no OCSP responder's. */
    static boolean isOf(CertificateRecord certificate, ProfileName profile) {
        return certificate.profile().equals(profile.label());
    }
}
