package dev.certfleet.agent.certificate;

import dev.certfleet.agent.certificate.CertificateState.Held;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.wire.AssignedCertificate;
import java.nio.file.Path;
import java.security.cert.X509Certificate;

/**
 * Makes a pair that others published one that a {@link CertificateKeeper} keeps. It stays until two thirds of its own life are
 * over; its successor has a new key, since the old one is not of a form that is kept.
 */
public final class AdoptedCertificate {
    private AdoptedCertificate() {}

    /** Whether there is one that is kept already. */
    public static boolean isHeld(Path folder) {
        return new CertificateFolder(folder).load().held() != null;
    }

    /**
     * The published files are not touched.
     *
     * @param pem the certificate as it is published
     * @param wanted what the server wants now; the pair counts as being that until the server wants something else
     * @param renew whether it is replaced at once
     */
    public static void take(
            Path folder, X509Certificate certificate, String pem, AssignedCertificate wanted, boolean renew) {
        CertificateFolder files = new CertificateFolder(folder);
        files.writeCurrentCertificate(pem);
        CertificateState taken = CertificateState.missing()
                .published(new Held(
                        Certificates.fingerprint(certificate),
                        Certificates.serial(certificate),
                        certificate.getNotBefore().toInstant(),
                        certificate.getNotAfter().toInstant(),
                        certificate.getNotBefore().toInstant(),
                        certificate.getNotBefore().toInstant(),
                        wanted,
                        null))
                // No key of kubeadm's is certified again
                .renewalDue(true);
        files.save(renew ? taken : taken.inUse());
    }
}
