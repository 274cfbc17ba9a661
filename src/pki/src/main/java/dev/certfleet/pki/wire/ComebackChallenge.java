package dev.certfleet.pki.wire;

/**
 * Something to sign, for one identity, once.
 *
 * @param challenge opaque, printable ASCII
 * @param expiresAt RFC 3339
 * @param serverTime the server's time, RFC 3339
 */
public record ComebackChallenge(String challenge, String expiresAt, String serverTime) {}
