package dev.certfleet.pki.wire;

/**
 * A TPM as evidence: the answer to a {@link TpmChallenge}. All binary values are base64 (RFC 4648 section 4).
 *
 * @param challenge the challenge as it was given
 * @param secret what TPM2_ActivateCredential made of the challenge's credential, 32 octets
 * @param attestation TPMS_ATTEST of a TPM2_Quote by the attestation key, whose qualifying data are {@link
 *     dev.certfleet.pki.EvidenceBinding#quote}
 * @param signature TPMT_SIGNATURE over it
 */
public record TpmProof(String challenge, String secret, String attestation, String signature) {}
