package dev.certfleet.agent.certificate;

import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.server.AnswerCheck;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.Pem;
import dev.certfleet.pki.wire.IssuedCertificate;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Whether what the server answered is a certificate that components will take; nothing else gets near their files. */
public final class IssuedCheck {
    private IssuedCheck() {}

    /**
     * A certificate that was checked.
     *
     * @param pem the certificate, and after it the intermediate authorities, where it does not chain to the bundle directly
     */
    public record Checked(X509Certificate certificate, String pem) {}

    /**
     * @param key the public key that was certified
     * @param bundle PEM of the authorities that its consumers trust; empty where none is known
     * @throws IOException saying what is wrong with the answer
     */
    public static Checked check(IssuedCertificate issued, PublicKey key, Optional<String> bundle, Instant now)
            throws IOException {
        Optional<String> missing = AnswerCheck.missing(issued);
        if (missing.isPresent()) {
            throw new IOException("the server's answer lacks '" + missing.get() + "'");
        }
        try {
            List<X509Certificate> leaf = Certificates.parse(issued.certificate());
            X509Certificate certificate = leaf.getFirst();
            if (leaf.size() != 1) {
                throw new IOException("the server answered " + leaf.size() + " certificates where one belongs");
            }
            if (!Certificates.fingerprint(certificate).equals(issued.id())) {
                throw new IOException(
                        "the certificate that the server answered is not the one it names, " + issued.id());
            }
            if (!Arrays.equals(certificate.getPublicKey().getEncoded(), key.getEncoded())) {
                throw new IOException("the server answered a certificate for another key");
            }
            if (!certificate.getNotAfter().toInstant().isAfter(now)) {
                throw new IOException("the server answered a certificate that ended on "
                        + certificate.getNotAfter().toInstant() + "; is this node's clock right?");
            }
            if (certificate.getNotBefore().toInstant().isAfter(now)) {
                throw new IOException("the server answered a certificate that is not valid before "
                        + certificate.getNotBefore().toInstant() + "; is this node's clock right?");
            }
            List<X509Certificate> chain = Certificates.parse(issued.chain());
            List<X509Certificate> anchors = bundle.isPresent()
                    ? Certificates.parse(bundle.get())
                    : chain.subList(chain.size() - 1, chain.size());
            List<X509Certificate> intermediates = path(certificate, chain, anchors);
            StringBuilder pem = new StringBuilder(Pem.encode(Pem.CERTIFICATE, Certificates.der(certificate)));
            intermediates.forEach(between -> pem.append(Pem.encode(Pem.CERTIFICATE, Certificates.der(between))));
            return new Checked(certificate, pem.toString());
        } catch (CertificateException e) {
            throw new IOException("the server's answer holds no certificate: " + Trouble.oneLine(e), e);
        }
    }

    /** True where a published certificate, with what is published behind it, chains to a bundle. */
    public static boolean isTrusted(String published, String bundle) {
        try {
            List<X509Certificate> chain = Certificates.parse(published);
            path(chain.getFirst(), chain.subList(1, chain.size()), Certificates.parse(bundle));
            return true;
        } catch (CertificateException | IOException e) {
            return false;
        }
    }

    /** What is between a certificate and an anchor. */
    private static List<X509Certificate> path(
            X509Certificate certificate, List<X509Certificate> chain, List<X509Certificate> anchors)
            throws IOException {
        List<X509Certificate> between = new ArrayList<>();
        X509Certificate last = certificate;
        for (int next = 0; next <= chain.size(); next++) {
            X509Certificate signed = last;
            if (anchors.stream().anyMatch(anchor -> signs(anchor, signed))) {
                return between;
            }
            if (next == chain.size() || !signs(chain.get(next), signed)) {
                break;
            }
            last = chain.get(next);
            between.add(last);
        }
        throw new IOException(
                "the server answered a certificate of an authority that is not in the published CA bundle: "
                        + certificate.getIssuerX500Principal());
    }

    private static boolean signs(X509Certificate issuer, X509Certificate certificate) {
        if (!issuer.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())) {
            return false;
        }
        try {
            certificate.verify(issuer.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
