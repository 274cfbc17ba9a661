package dev.certfleet.server.enrolment.tpm;

import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.stream.Collectors;

/** The certificate that a TPM's maker gave its endorsement key (TCG EK Credential Profile 2.3, section 3.2). */
public final class EndorsementCertificate {
    /** tcg-kp-EKCertificate, the extended key usage of all of them (section 3.2.16). */
    private static final String PURPOSE = "2.23.133.8.1";

    private EndorsementCertificate() {}

    /**
     * Whether it is this key's, and one of the authorities vouches for it, itself or through others of them.
     *
     * @param authorities each is trusted as it is
     */
    public static boolean vouches(
            X509Certificate certificate, TpmPublicKey key, List<X509Certificate> authorities, Instant now) {
        if (!Arrays.equals(certificate.getPublicKey().getEncoded(), key.subjectPublicKeyInfo())) {
            return false;
        }
        try {
            List<String> purposes = certificate.getExtendedKeyUsage();
            if (purposes == null || !purposes.contains(PURPOSE) || certificate.getBasicConstraints() >= 0) {
                return false;
            }
            X509CertSelector itself = new X509CertSelector();
            itself.setCertificate(certificate);
            PKIXBuilderParameters parameters = new PKIXBuilderParameters(
                    authorities.stream().map(one -> new TrustAnchor(one, null)).collect(Collectors.toSet()), itself);
            parameters.setRevocationEnabled(false);
            parameters.setDate(Date.from(now));
            parameters.addCertStore(
                    CertStore.getInstance("Collection", new CollectionCertStoreParameters(List.of(certificate))));
            CertPathBuilder.getInstance("PKIX").build(parameters);
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
