package dev.certfleet.agent.gate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;
import javax.security.auth.x500.X500Principal;

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
        Runnable poll) {

    /** Where there is no door: who follows the feed there does so for others. */
    static GateNode withoutDoor() {
        return new GateNode(
                new NoApiServer(),
                OptionalInt::empty,
                new NoList(),
                Path.of("/dev/null"),
                (port, peers) -> 0,
                () -> {});
    }

    private static final class NoApiServer implements ApiServer {
        @Override
        public Review review(String user, List<String> groups, String credentialId) throws IOException {
            throw new IOException("this node has no kube-apiserver");
        }

        @Override
        public Set<X500Principal> acceptedAuthorities() throws IOException {
            throw new IOException("this node has no kube-apiserver");
        }
    }

    private static final class NoList implements ListKeeper.Publisher {
        @Override
        public boolean exists() {
            return false;
        }

        @Override
        public String publish(PushedList list) {
            throw new IllegalStateException("this node has no kube-apiserver");
        }
    }
}
