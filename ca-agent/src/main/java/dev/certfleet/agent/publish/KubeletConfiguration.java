package dev.certfleet.agent.publish;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * A drop-in for the kubelet's {@code --config-dir}: whom it lets in at its own port, and that what the agent publishes is what
 * it uses. The kubelet has no revocation check of its own; it asks kube-apiserver with a SubjectAccessReview, which the gate
 * refuses, and repeats an answer for {@code cacheFor}.
 *
 * @param clients PEM of the authorities whose client certificates the port takes: the cluster's, not break-glass. A review
 *     of {@code system:masters} is always granted, so that trusting that authority here would add what nothing can refuse,
 *     and it would not help in need: a kubelet without kube-apiserver lets nobody in
 * @param cacheFor not zero, which the kubelet takes for its own default, 5 minutes
 */
public record KubeletConfiguration(Path clients, Path certificate, Path key, Duration cacheFor) {
    /** Writes it where it differs from what is there. @return true where the file was changed */
    public boolean publish(Path target) {
        byte[] contents = yaml().getBytes(UTF_8);
        if (Kubeconfig.same(target, contents)) {
            return false;
        }
        StagedFile.replace(target, contents, StagedFile.PUBLIC, Optional.empty());
        return true;
    }

    private String yaml() {
        return """
                apiVersion: kubelet.config.k8s.io/v1beta1
                kind: KubeletConfiguration
                authentication:
                  anonymous:
                    enabled: false
                  webhook:
                    enabled: true
                  x509:
                    clientCAFile: %CLIENTS
                authorization:
                  mode: Webhook
                  webhook:
                    # What a revocation may be late by at the kubelet's port.
                    cacheAuthorizedTTL: %CACHE
                    cacheUnauthorizedTTL: %CACHE
                # The agent renews; with these on, the kubelet would not look at what it publishes.
                rotateCertificates: false
                serverTLSBootstrap: false
                tlsCertFile: %CERTIFICATE
                tlsPrivateKeyFile: %KEY
                """.replace("%CLIENTS", Kubeconfig.quoted(clients.toString()))
                .replace("%CACHE", cacheFor.toMillis() + "ms")
                .replace("%CERTIFICATE", Kubeconfig.quoted(certificate.toString()))
                .replace("%KEY", Kubeconfig.quoted(key.toString()));
    }
}
