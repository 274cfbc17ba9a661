package dev.certfleet.pki.wire;

/**
 * What only the TPM that has both keys of the {@link TpmChallengeRequest} can open.
 *
 * @param challenge goes back to the server as it is; text without spaces
 * @param credential TPM2B_ID_OBJECT in base64
 * @param encryptedSecret TPM2B_ENCRYPTED_SECRET in base64
 * @param expiresAt RFC 3339; the answer counts until then
 */
public record TpmChallenge(String challenge, String credential, String encryptedSecret, String expiresAt) {}
