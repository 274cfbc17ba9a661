package dev.certfleet.agent.gate;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.security.auth.x500.X500Principal;

/** A kube-apiserver that denies what it is told to, and remembers what it was asked. */
final class FakeApiServer implements ApiServer {
    record Asked(String user, List<String> groups, String credentialId) {}

    final Set<String> denied = ConcurrentHashMap.newKeySet();
    final Set<Asked> asked = ConcurrentHashMap.newKeySet();
    final Set<X500Principal> authorities = ConcurrentHashMap.newKeySet();
    volatile boolean reachable = true;
    volatile String refusedItself = "";

    @Override
    public Review review(String user, List<String> groups, String credentialId) throws IOException {
        if (!reachable) {
            throw new IOException("nobody there");
        }
        if (!refusedItself.isEmpty()) {
            throw new RefusedException(refusedItself, "Forbidden: certificate revoked");
        }
        asked.add(new Asked(user, groups, credentialId));
        return denied.contains(credentialId)
                ? new Review(true, "certificate revoked: serial 1")
                : new Review(false, "no RBAC policy matched");
    }

    @Override
    public Set<X500Principal> acceptedAuthorities() throws IOException {
        if (!reachable) {
            throw new IOException("nobody there");
        }
        return Set.copyOf(authorities);
    }
}
