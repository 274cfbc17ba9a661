package dev.certfleet.agent.serviceaccount;

import dev.certfleet.agent.gate.CertificateSubject;
import dev.certfleet.agent.identity.Identity;
import dev.certfleet.pki.Certificates;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The other nodes of the cluster, as far as they can be told by their identities: nothing that the server says of them is
 * believed without.
 *
 * @param cluster the cluster that this node belongs to
 * @param authorities the {@code agents} authorities that this node trusts
 */
record Peers(String cluster, List<X509Certificate> authorities) {
    Peers {
        authorities = List.copyOf(authorities);
    }

    /**
     * The identity of the node of that name, from PEM.
     *
     * @throws GeneralSecurityException where it is not one of this cluster, or not in force now
     */
    X509Certificate identity(String node, String pem, Instant now) throws GeneralSecurityException {
        X509Certificate certificate = Certificates.parse(pem).getFirst();
        CertificateSubject subject = CertificateSubject.of(certificate);
        if (!subject.user().equals(node) || !subject.groups().equals(List.of(cluster))) {
            throw new CertificateException("it is the identity of " + certificate.getSubjectX500Principal()
                    + ", not of " + node + " in " + cluster);
        }
        if (certificate.getBasicConstraints() >= 0) {
            throw new CertificateException("an authority's certificate is no node's identity");
        }
        PKIXParameters parameters = new PKIXParameters(authorities.stream()
                .map(authority -> new TrustAnchor(authority, null))
                .collect(Collectors.toSet()));
        // What was revoked the server does not list; the identity that it lists instead has to be signed all the same.
        parameters.setRevocationEnabled(false);
        parameters.setDate(Date.from(now));
        CertPathValidator.getInstance("PKIX")
                .validate(CertificateFactory.getInstance("X.509").generateCertPath(List.of(certificate)), parameters);
        return certificate;
    }

    /** Whether the node with that identity signed. */
    static void requireSigned(X509Certificate identity, byte[] transcript, byte[] signature)
            throws GeneralSecurityException {
        Signature verifier =
                Signature.getInstance(algorithm(identity.getPublicKey().getAlgorithm()));
        verifier.initVerify(identity.getPublicKey());
        verifier.update(transcript);
        if (!verifier.verify(signature)) {
            throw new GeneralSecurityException("the node's signature is wrong");
        }
    }

    static byte[] sign(Identity self, byte[] transcript) throws GeneralSecurityException {
        PrivateKey key = self.credential().key();
        Signature signer = Signature.getInstance(
                algorithm(self.credential().certificate().getPublicKey().getAlgorithm()));
        signer.initSign(key);
        signer.update(transcript);
        return signer.sign();
    }

    private static String algorithm(String key) {
        return switch (key) {
            case "EC" -> "SHA256withECDSA";
            case "RSA" -> "SHA256withRSA";
            default -> "Ed25519";
        };
    }

    /** @param agents PEM; without it nobody can be told from anybody */
    static Peers of(String cluster, @org.jspecify.annotations.Nullable String agents) throws CertificateException {
        if (agents == null) {
            throw new CertificateException("the server's assignment lacks the CA bundle 'agents'");
        }
        return new Peers(cluster, Certificates.parse(agents));
    }
}
