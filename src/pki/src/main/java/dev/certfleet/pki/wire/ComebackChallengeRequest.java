package dev.certfleet.pki.wire;

/**
 * {@code POST /api/v1/comebacks/challenges}, by TLS with or without a client certificate: a node whose identity has expired
 * asks for something to sign.
 *
 * @param identity SHA-256 fingerprint of its newest identity, 64 lowercase hexadecimal digits
 */
public record ComebackChallengeRequest(String identity) {}
