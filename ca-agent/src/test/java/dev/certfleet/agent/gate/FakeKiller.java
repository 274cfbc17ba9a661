package dev.certfleet.agent.gate;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Writes down whose connections were to be ended. */
final class FakeKiller implements ConnectionKiller {
    final List<String> killed = new CopyOnWriteArrayList<>();

    @Override
    public int kill(int localPort, Collection<String> peers) {
        killed.addAll(peers);
        return peers.size();
    }
}
