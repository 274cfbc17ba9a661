package dev.certfleet.server.revocation;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.enrolment.Succession;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.revocation.Impact.Severity;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.springframework.stereotype.Component;

/** What breaks because an authority leaves the trust bundles. */
@Component
class BreaksBySuccession {
    private final Succession succession;
    private final Authorities authorities;

    BreaksBySuccession(Succession succession, Authorities authorities) {
        this.succession = succession;
        this.authorities = authorities;
    }

    List<Impact> of(List<CertificateRecord> revoked, RevocationReason reason) {
        Set<String> named = revoked.stream()
                .filter(certificate -> succession.isWanted(certificate, reason))
                .map(CertificateRecord::authority)
                .collect(Collectors.toCollection(TreeSet::new));
        List<Impact> impacts = new ArrayList<>();
        for (String name : named) {
            Authority authority = authorities.named(name).orElseThrow();
            if (!authority.isWithdrawn()) {
                impacts.add(ofAuthority(authority));
            }
        }
        return impacts;
    }

    private static Impact ofAuthority(Authority authority) {
        String effect = authority.name() + " leaves the trust bundle and the next generation issues: "
                + (authority.kind() == AuthorityKind.FRONT_PROXY
                        ? "aggregated APIs fail until every control-plane node has published both, a poll interval or two"
                        : "every other certificate of that generation ends too");
        return new Impact(
                Severity.DEGRADED, authority.cluster(), null, authority.kind().label(), effect);
    }
}
