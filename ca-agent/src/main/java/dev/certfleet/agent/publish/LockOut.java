package dev.certfleet.agent.publish;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.certificate.IssuedCheck;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.ProfileName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Collection;
import java.util.List;

/**
 * Keeps out a CA bundle that would lock out what is in use: one without the authority of a certificate that this node's
 * components present, or present to each other, now. Once that is renewed under another authority, the bundle is welcome.
 */
public final class LockOut {
    private final Layout layout;

    public LockOut(Layout layout) {
        this.layout = layout;
    }

    /**
     * @param held the profiles that this node holds
     * @throws Trouble naming the certificate that would not be trusted any more
     */
    public void check(String bundle, String pem, Path target, Collection<ProfileName> held, Instant now) {
        if (!Files.exists(target)) {
            return;
        }
        List<X509Certificate> authorities = BundlePublisher.parse(bundle, pem);
        if (authorities.stream()
                .allMatch(authority -> authority.getNotAfter().toInstant().isBefore(now))) {
            throw new Trouble(
                    ExitCode.REFUSED,
                    "every authority in the server's bundle '" + bundle + "' has ended, by this node's clock; " + target
                            + " stays as it is");
        }
        for (ProfileName profile : trustedBy(bundle)) {
            if (held.contains(profile)) {
                layout.of(profile).ifPresent(files -> check(bundle, pem, target, files.certificate(), now));
            }
        }
    }

    private static void check(String bundle, String pem, Path target, Path certificate, Instant now) {
        try {
            String published = Files.readString(certificate, US_ASCII);
            X509Certificate leaf = Certificates.parse(published).getFirst();
            boolean isInUse = leaf.getNotAfter().toInstant().isAfter(now);
            if (isInUse && !IssuedCheck.isTrusted(published, pem) && trusts(target, published)) {
                throw new Trouble(
                        ExitCode.REFUSED,
                        "the server's bundle '" + bundle + "' lacks the authority of " + certificate + ", "
                                + leaf.getIssuerX500Principal() + "; " + target
                                + " stays as it is until that certificate is renewed under another");
            }
        } catch (IOException | CertificateException e) {
            // There is none, or none that could be locked out.
        }
    }

    /** Only who is trusted now can be locked out. */
    private static boolean trusts(Path target, String published) throws IOException {
        return IssuedCheck.isTrusted(published, Files.readString(target, US_ASCII));
    }

    /** Whose certificates this bundle is there to verify. */
    private static List<ProfileName> trustedBy(String bundle) {
        return switch (bundle) {
            case "kubernetes" ->
                List.of(
                        ProfileName.KUBE_APISERVER,
                        ProfileName.KUBE_APISERVER_KUBELET_CLIENT,
                        ProfileName.KUBELET_SERVING);
            case "clients" ->
                List.of(
                        ProfileName.KUBELET_CLIENT,
                        ProfileName.KUBE_CONTROLLER_MANAGER,
                        ProfileName.KUBE_SCHEDULER,
                        ProfileName.KUBE_PROXY);
            case "etcd" ->
                List.of(
                        ProfileName.ETCD_SERVER,
                        ProfileName.ETCD_PEER,
                        ProfileName.ETCD_HEALTHCHECK_CLIENT,
                        ProfileName.KUBE_APISERVER_ETCD_CLIENT);
            case "front-proxy" -> List.of(ProfileName.FRONT_PROXY_CLIENT);
            case "agents" -> List.of(ProfileName.REVOCATION_GATE);
            default -> List.of();
        };
    }
}
