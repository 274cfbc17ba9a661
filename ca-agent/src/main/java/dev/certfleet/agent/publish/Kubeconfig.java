package dev.certfleet.agent.publish;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * A kubeconfig that refers to files, so that clients take up a new certificate by themselves; embedded data would need a
 * restart.
 *
 * @param user the name of the user entry: the certificate's common name, as kubeadm has it
 */
public record Kubeconfig(String cluster, String server, Path authority, String user, Path certificate, Path key) {

    /** Writes it where it differs from what is there. */
    public void publish(Path target, Optional<String> owner) {
        byte[] contents = yaml().getBytes(UTF_8);
        if (!same(target, contents)) {
            StagedFile.replace(target, contents, StagedFile.PRIVATE, owner);
        }
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
