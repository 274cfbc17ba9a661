package dev.certfleet.pki.wire;

import org.jspecify.annotations.Nullable;

/**
 * {@code POST /api/v1/agent/restart-leases/{id}/end}: what came of a restart.
 *
 * @param healthy whether the component is well; sent again with true once it is, where it was not
 * @param detail what is wrong; null where nothing is
 */
public record RestartOutcome(boolean healthy, @Nullable String detail) {}
