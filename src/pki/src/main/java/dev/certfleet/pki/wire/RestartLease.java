package dev.certfleet.pki.wire;

/**
 * The right to restart one component, alone in its cluster, until it is ended.
 *
 * @param id to end it by
 * @param component the component it was asked for
 * @param expiresAt RFC 3339; one that was not ended by then keeps every other restart of the cluster from beginning
 */
public record RestartLease(String id, String component, String expiresAt) {}
