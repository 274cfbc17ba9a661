package dev.certfleet.agent.gate;

import dev.certfleet.pki.Certificates;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;

/**
 * An authority that kube-apiserver accepts client certificates from.
 *
 * @param id its certificate's fingerprint
 * @param responder where its OCSP responder is
 */
record Issuer(String id, X509Certificate certificate, URI responder) {
    static Issuer of(X509Certificate certificate, URI responder) {
        return new Issuer(Certificates.fingerprint(certificate), certificate, responder);
    }

    boolean issued(X509Certificate leaf) {
        if (!leaf.getIssuerX500Principal().equals(certificate.getSubjectX500Principal())) {
            return false;
        }
        try {
            leaf.verify(certificate.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
