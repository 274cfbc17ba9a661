package dev.certfleet.pki.wire;

/**
 * The right to restart one component of one node.
 *
 * @param id names it when it is ended
 * @param component the component's name
 * @param expiresAt RFC 3339: when it counts as ended badly where nobody ended it
 */
public record RestartLease(String id, String component, String expiresAt) {}
