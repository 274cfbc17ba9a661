package dev.certfleet.server.setup;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.Certificates;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.springframework.stereotype.Component;

/**
 * What a server sends after its TLS certificate: the authority that issued it, what is above that one, and the cross-certificates
 * by which whoever trusts only an earlier generation follows (RFC 4210 section 4.4), as a node that was away for long does. After
 * an emergency rotation there are none: the earlier key is not to be trusted.
 */
@Component
class ServerChain {
    private final Authorities authorities;
    private final Clock clock;

    ServerChain(Authorities authorities, Clock clock) {
        this.authorities = authorities;
        this.clock = clock;
    }

    List<X509Certificate> of(Authority issuer) {
        try {
            List<X509Certificate> chain = new ArrayList<>();
            chain.add(Certificates.parse(issuer.certificate()));
            for (byte[] above : issuer.issuers()) {
                chain.add(Certificates.parse(above));
            }
            Optional<Authority> generation = Optional.of(issuer);
            while (generation.isPresent()) {
                byte[] cross = generation.get().crossCertificate();
                if (cross == null) {
                    break;
                }
                X509Certificate certificate = Certificates.parse(cross);
                if (!certificate.getNotAfter().toInstant().isAfter(clock.instant())) {
                    break;
                }
                chain.add(certificate);
                generation = issuerOf(certificate);
            }
            return List.copyOf(chain);
        } catch (CertificateException e) {
            throw new IllegalStateException("an authority's certificate cannot be read", e);
        }
    }

    private Optional<Authority> issuerOf(X509Certificate cross) throws CertificateException {
        for (Authority authority : authorities.generations(null, AuthorityKind.INSTALLATION)) {
            if (Certificates.parse(authority.certificate())
                    .getSubjectX500Principal()
                    .equals(cross.getIssuerX500Principal())) {
                return Optional.of(authority);
            }
        }
        return Optional.empty();
    }
}
