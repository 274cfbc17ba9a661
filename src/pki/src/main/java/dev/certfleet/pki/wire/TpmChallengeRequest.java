package dev.certfleet.pki.wire;

import org.jspecify.annotations.Nullable;

/**
 * {@code POST /api/v1/enrolments/tpm-challenges}, by TLS without a client certificate: a node shows its TPM's public keys.
 *
 * @param cluster the cluster that the node wants to belong to
 * @param endorsementKey TPM2B_PUBLIC in base64 of an RSA-2048 or ECC P-256 endorsement key
 * @param endorsementCertificate its certificate by the TPM's maker, PEM; null where the TPM has none
 * @param attestationKey TPM2B_PUBLIC in base64 of a restricted signing key that the same TPM made
 */
public record TpmChallengeRequest(
        String cluster, String endorsementKey, @Nullable String endorsementCertificate, String attestationKey) {}
