package dev.certfleet.pki.wire;

import org.jspecify.annotations.Nullable;

/**
 * {@code POST /api/v1/agent/restart-leases/{id}/end}: how a restart went. Where it was not healthy, nothing else of the
 * cluster is restarted until the same lease is ended again, healthy, or an operator clears it.
 *
 * @param healthy whether the component serves again
 * @param detail what was seen, one line
 */
public record RestartOutcome(Boolean healthy, @Nullable String detail) {}
