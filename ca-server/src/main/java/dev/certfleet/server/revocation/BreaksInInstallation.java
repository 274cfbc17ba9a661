package dev.certfleet.server.revocation;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.access.Operator;
import dev.certfleet.server.access.Operators;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.RevocableCertificates;
import dev.certfleet.server.revocation.Impact.Severity;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.springframework.stereotype.Component;

/** What breaks outside all clusters: operators, the servers' own TLS, and the caller. */
@Component
class BreaksInInstallation {
    private final RevocableCertificates certificates;
    private final Operators operators;

    BreaksInInstallation(RevocableCertificates certificates, Operators operators) {
        this.certificates = certificates;
        this.operators = operators;
    }

    /**
     * @param revoked certificates in use
     * @param own the certificate that the caller shows
     */
    List<Impact> of(List<CertificateRecord> revoked, CertificateRecord own) {
        List<Impact> impacts = new ArrayList<>();
        if (revoked.stream().anyMatch(certificate -> certificate.id().equals(own.id()))) {
            impacts.add(impact(
                    Severity.OUTAGE,
                    ProfileName.of(own.profile()),
                    "the credential that makes this call is refused from the next call on"));
        }
        for (CertificateRecord certificate : revoked) {
            if (WhatBreaks.isOf(certificate, ProfileName.SERVER_TLS)) {
                impacts.add(impact(
                        Severity.DEGRADED,
                        ProfileName.SERVER_TLS,
                        "the server's TLS certificate for " + String.join(", ", certificate.dnsNames())
                                + " is revoked: a server that uses it gets another within seconds"));
            }
        }
        Set<String> named = revoked.stream()
                .filter(certificate -> WhatBreaks.isOf(certificate, ProfileName.OPERATOR))
                .map(certificate -> Objects.requireNonNull(certificate.operator()))
                .collect(Collectors.toCollection(TreeSet::new));
        if (!named.isEmpty()) {
            impacts.addAll(ofOperators(named, revoked));
        }
        return impacts;
    }

    private List<Impact> ofOperators(Set<String> named, List<CertificateRecord> revoked) {
        List<Impact> impacts = new ArrayList<>();
        Set<String> left = certificates.operatorsWithout(
                revoked.stream().map(CertificateRecord::serial).toList());
        for (String name : named) {
            if (!left.contains(name)) {
                impacts.add(impact(
                        Severity.DEGRADED,
                        ProfileName.OPERATOR,
                        "the operator " + name + " has no credential any more"));
            }
        }
        boolean anybody = operators.all().stream()
                .filter(operator -> left.contains(operator.name()))
                .map(Operator::grants)
                .anyMatch(grants -> grants.mayAdministerInstallation());
        if (!anybody) {
            impacts.add(impact(
                    Severity.OUTAGE,
                    ProfileName.OPERATOR,
                    "the last operator admin credential goes: nobody can administer the installation until one is made on"
                            + " a server's machine"));
        }
        return impacts;
    }

    private static Impact impact(Severity severity, ProfileName profile, String effect) {
        return new Impact(severity, null, null, profile.label(), effect);
    }
}
