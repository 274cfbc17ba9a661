package dev.certfleet.agent.publish;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.Trouble;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.PrivateKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/**
 * A kubeconfig that refers to files, so that clients take up a new certificate by themselves; embedded data would need a
 * restart.
 *
 * @param user the name of the user entry: the certificate's common name, as kubeadm has it
 */
public record Kubeconfig(String cluster, String server, Path authority, String user, Path certificate, Path key) {
    private static final String OWN =
            "# certfleet: what admin.conf has, since kubeadm wants this file. No system:masters"
                    + " on a node: docs/kubernetes.md\n";

    /** Writes it where it differs from what is there. */
    public void publish(Path target, Optional<String> owner) {
        publish(target, yaml(), owner);
    }

    /**
     * With the pair and the authorities in it, as kubeadm has them; written where it differs from what is there. Whoever reads it
     * keeps what it read until it is restarted.
     *
     * @throws Trouble where the pair is not whole
     */
    public void publishEmbedded(Path target, Optional<String> owner) {
        publish(target, embedded(), owner);
    }

    /**
     * kubeadm insists on a {@code super-admin.conf}. There is no {@code system:masters} on a node: the file has what {@code
     * admin.conf} has, and one that somebody else put there stays.
     */
    public void publishInPlaceOfSuperAdmin(Path target) {
        if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS) || isOwn(target)) {
            publish(target, OWN + embedded(), Optional.empty());
        }
    }

    private static boolean isOwn(Path target) {
        try {
            return Files.readString(target, UTF_8).startsWith(OWN);
        } catch (IOException e) {
            return false;
        }
    }

    private static void publish(Path target, String text, Optional<String> owner) {
        byte[] contents = text.getBytes(UTF_8);
        if (!same(target, contents)) {
            StagedFile.replace(target, contents, StagedFile.PRIVATE, owner);
        }
    }

    private String embedded() {
        try {
            String certificates = Files.readString(certificate, UTF_8);
            String secret = Files.readString(key, UTF_8);
            PublicKey publicKey = Certificates.parse(certificates).getFirst().getPublicKey();
            // In an older form where the pair is an adopted one
            if (!PrivateKeys.belongTogether(PrivateKeys.decode(secret, publicKey), publicKey)) {
                throw new Trouble(ExitCode.FILES, certificate + " and " + key + " are not of one pair");
            }
            return yaml().replace(
                            "certificate-authority: " + quoted(authority.toString()),
                            "certificate-authority-data: " + base64(Files.readString(authority, UTF_8)))
                    .replace(
                            "client-certificate: " + quoted(certificate.toString()),
                            "client-certificate-data: " + base64(certificates))
                    .replace("client-key: " + quoted(key.toString()), "client-key-data: " + base64(secret));
        } catch (IOException | CertificateException | IllegalArgumentException e) {
            throw new Trouble(ExitCode.FILES, "cannot read what belongs into it: " + Trouble.oneLine(e), e);
        }
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }

    private String yaml() {
        String context = user + "@" + cluster;
        return """
                apiVersion: v1
                kind: Config
                clusters:
                - name: %CLUSTER
                  cluster:
                    certificate-authority: %AUTHORITY
                    server: %SERVER
                users:
                - name: %USER
                  user:
                    client-certificate: %CERTIFICATE
                    client-key: %KEY
                contexts:
                - name: %CONTEXT
                  context:
                    cluster: %CLUSTER
                    user: %USER
                current-context: %CONTEXT
                """.replace("%CLUSTER", quoted(cluster))
                .replace("%AUTHORITY", quoted(authority.toString()))
                .replace("%SERVER", quoted(server))
                .replace("%USER", quoted(user))
                .replace("%CERTIFICATE", quoted(certificate.toString()))
                .replace("%KEY", quoted(key.toString()))
                .replace("%CONTEXT", quoted(context));
    }

    /** A YAML double-quoted scalar. */
    static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    static boolean same(Path target, byte[] contents) {
        try {
            return !Files.isSymbolicLink(target)
                    && Files.isRegularFile(target)
                    && Arrays.equals(Files.readAllBytes(target), contents);
        } catch (IOException e) {
            return false;
        }
    }
}
