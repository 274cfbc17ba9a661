package dev.certfleet.pki.wire;

/**
 * {@code POST /api/v1/certificates/{id}/renew}: the same profile and holder, with a new key.
 *
 * @param csr PKCS#10 in PEM for the new key
 */
public record RenewalRequest(String csr) {}
