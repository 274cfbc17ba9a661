package dev.certfleet.agent.publish;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.Trouble;
import dev.certfleet.pki.Certificates;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.util.Optional;

/** CA certificates that components trust: checked to be certificates before they replace what is there. */
public final class BundlePublisher {
    private BundlePublisher() {}

    /**
     * @param name the bundle's name, for messages
     * @return true where the file was changed
     */
    public static boolean publish(String name, String pem, Path target) {
        byte[] contents;
        try {
            // Encoded anew: nothing gets into a trust store beside the certificates themselves.
            contents = Certificates.pem(Certificates.parse(pem)).getBytes(US_ASCII);
        } catch (CertificateException e) {
            throw new Trouble(
                    ExitCode.REFUSED,
                    "the server's bundle '" + name + "' is not a list of certificates: " + Trouble.oneLine(e),
                    e);
        }
        if (Kubeconfig.same(target, contents)) {
            return false;
        }
        StagedFile.replace(target, contents, StagedFile.PUBLIC, Optional.empty());
        return true;
    }
}
