package dev.certfleet.agent.etcd;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.Trouble;
import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.wire.Assignment;
import java.net.URI;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * What the server's assignment says that concerns etcd.
 *
 * @param authorities etcd's bundle, as it is published on this node
 * @param crl where the CRL for all of them is
 * @param responder where OCSP is answered for them; empty where the assignment names none
 */
public record Situation(List<X509Certificate> authorities, URI crl, Optional<URI> responder) {
    private static final String ETCD = AuthorityKind.ETCD.label();

    public Situation {
        authorities = List.copyOf(authorities);
    }

    /** @throws Trouble where it lacks something or that cannot be read */
    public static Situation of(Assignment assignment) {
        String bundle = assignment.bundles().get(ETCD);
        String crl = assignment.crlUrls().get(ETCD);
        if (bundle == null || crl == null) {
            throw new Trouble(ExitCode.REFUSED, "the server's assignment names no CRL for etcd");
        }
        try {
            return new Situation(
                    Certificates.parse(bundle),
                    URI.create(crl),
                    Optional.ofNullable(assignment.statusUrls().get(ETCD)).map(URI::create));
        } catch (CertificateException | IllegalArgumentException e) {
            throw new Trouble(
                    ExitCode.REFUSED, "the server's assignment cannot be used for etcd: " + Trouble.oneLine(e), e);
        }
    }
}
