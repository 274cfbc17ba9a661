package dev.certfleet.agent.publish;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.Trouble;
import dev.certfleet.pki.Certificates;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/** CA certificates that components trust: checked to be certificates before they replace what is there. */
public final class BundlePublisher {
    private BundlePublisher() {}

    /**
     * @param name the bundle's name, for messages
     * @return true where the file was changed
     */
    public static boolean publish(String name, String pem, Path target) {
        // Encoded anew: nothing gets into a trust store beside the certificates themselves.
        byte[] contents = Certificates.pem(parse(name, pem)).getBytes(US_ASCII);
        if (Kubeconfig.same(target, contents)) {
            return false;
        }
        StagedFile.replace(target, contents, StagedFile.PUBLIC, Optional.empty());
        return true;
    }

    /** @throws Trouble where it is no list of CA certificates */
    public static List<X509Certificate> parse(String name, String pem) {
        try {
            List<X509Certificate> authorities = Certificates.parse(pem);
            for (X509Certificate authority : authorities) {
                if (authority.getBasicConstraints() < 0) {
                    throw new CertificateException(authority.getSubjectX500Principal() + " is no authority");
                }
            }
            return authorities;
        } catch (CertificateException e) {
            throw new Trouble(
                    ExitCode.REFUSED,
                    "the server's bundle '" + name + "' is not a list of CA certificates: " + Trouble.oneLine(e),
                    e);
        }
    }
}
