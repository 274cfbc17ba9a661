package dev.certfleet.pki.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /api/v1/agent/csr-reviews}: a Kubernetes CertificateSigningRequest, as kube-apiserver has it, for the server to
 * decide. The same {@code uid} gets the same certificate.
 *
 * @param uid {@code metadata.uid}
 * @param name {@code metadata.name}
 * @param signerName {@code spec.signerName}
 * @param username {@code spec.username}: who made it
 * @param groups {@code spec.groups} of who made it
 * @param usages {@code spec.usages}
 * @param expirationSeconds {@code spec.expirationSeconds}, at least 600; null where it has none
 * @param request {@code spec.request}, PKCS#10 in PEM
 * @param approved whether it has the condition {@code Approved}
 */
public record CsrReview(
        String uid,
        String name,
        String signerName,
        String username,
        List<String> groups,
        List<String> usages,
        @Nullable Integer expirationSeconds,
        String request,
        Boolean approved) {}
