package dev.certfleet.agent.etcd;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.etcd.CrlRefused.Reason;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.crl.RevocationList;
import dev.certfleet.pki.ocsp.CertificateStatus;
import dev.certfleet.pki.ocsp.OcspClient;
import dev.certfleet.pki.ocsp.OcspException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What this node itself shows to etcd, and as etcd. A CRL that lists one of these stops this member, so the CA has to say so
 * twice: in the CRL and in an OCSP answer to a nonce.
 *
 * @param files certificates as they are published now, PEM; those that are not there are passed over
 * @param authorities etcd's bundle
 */
record OwnCertificates(List<Path> files, List<X509Certificate> authorities, Optional<URI> responder) {
    /** @throws CrlRefused where it newly lists one of them and the responder does not bear that out */
    void check(RevocationList next, Optional<RevocationList> published, OcspClient ocsp)
            throws CrlRefused, InterruptedException {
        for (Path file : files) {
            for (X509Certificate certificate : chain(file)) {
                // etcd looks at nothing but the serial number, whoever issued it.
                boolean before = published
                        .map(list -> list.serials().contains(certificate.getSerialNumber()))
                        .orElse(false);
                if (!before && next.serials().contains(certificate.getSerialNumber())) {
                    confirm(file, certificate, ocsp);
                }
            }
        }
    }

    private static List<X509Certificate> chain(Path file) {
        try {
            return Files.exists(file) ? Certificates.parse(Files.readString(file, US_ASCII)) : List.of();
        } catch (IOException | CertificateException e) {
            return List.of();
        }
    }

    private void confirm(Path file, X509Certificate certificate, OcspClient ocsp)
            throws CrlRefused, InterruptedException {
        String which = file + " (serial " + Certificates.serial(certificate) + ")";
        Optional<X509Certificate> issuer = issuerOf(certificate);
        if (issuer.isEmpty() || responder.isEmpty()) {
            throw new CrlRefused(
                    Reason.LOCKS_OUT, "it revokes this node's own " + which + ", and no responder can be asked");
        }
        try {
            CertificateStatus status = ocsp.ask(responder.get(), issuer.get(), certificate.getSerialNumber());
            if (!(status instanceof CertificateStatus.Revoked)) {
                throw new CrlRefused(
                        Reason.LOCKS_OUT,
                        "it revokes this node's own " + which + ", which is not revoked by the responder's answer");
            }
        } catch (OcspException e) {
            throw new CrlRefused(
                    Reason.LOCKS_OUT,
                    "it revokes this node's own " + which + ", and the responder does not confirm it: "
                            + Trouble.oneLine(e),
                    e);
        }
    }

    private Optional<X509Certificate> issuerOf(X509Certificate certificate) {
        List<X509Certificate> candidates = new ArrayList<>(authorities);
        files.forEach(file -> candidates.addAll(chain(file)));
        return candidates.stream()
                .filter(candidate -> isIssuer(candidate, certificate))
                .findFirst();
    }

    static boolean isIssuer(X509Certificate candidate, X509Certificate certificate) {
        if (!candidate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())) {
            return false;
        }
        try {
            certificate.verify(candidate.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
