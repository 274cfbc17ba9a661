package dev.certfleet.pki.wire;

/**
 * {@code POST /api/v1/comebacks}, by TLS with or without a client certificate: a node whose identity has expired asks for a new
 * one. Identity and CSR are what an Idempotency-Key is bound to: challenge and signature are others in each attempt.
 *
 * @param identity SHA-256 fingerprint of its newest identity, 64 lowercase hexadecimal digits
 * @param challenge as the server gave it for this identity
 * @param server SHA-256 fingerprint of the TLS certificate that the server showed when it gave the challenge
 * @param csr PKCS#10 in PEM for the new key
 * @param signature by the identity's key over all of these ({@link dev.certfleet.pki.ComebackProof}), base64
 */
public record ComebackRequest(String identity, String challenge, String server, String csr, String signature) {}
