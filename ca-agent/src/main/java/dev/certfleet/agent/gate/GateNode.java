package dev.certfleet.agent.gate;

import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.function.Supplier;

/**
 * The control-plane node that a gate is on.
 *
 * @param apiServer its kube-apiserver
 * @param apiServerPort the local port of that; empty while it is not known
 * @param publisher where the AuthorizationConfiguration is written
 * @param auditLog kube-apiserver's
 * @param killer ends connections on this node
 * @param poll has the agent ask for its assignment now: the server may want a CA file changed
 */
public record GateNode(
        ApiServer apiServer,
        Supplier<OptionalInt> apiServerPort,
        ListKeeper.Publisher publisher,
        Path auditLog,
        ConnectionKiller killer,
        Runnable poll) {}
