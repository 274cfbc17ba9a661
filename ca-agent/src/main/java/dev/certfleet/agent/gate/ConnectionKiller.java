package dev.certfleet.agent.gate;

import java.io.IOException;
import java.util.Collection;

/** Ends TCP connections from outside the program that holds them. */
@FunctionalInterface
public interface ConnectionKiller {
    /**
     * Ends the established connections to a local port from these addresses.
     *
     * @return how many there were
     * @throws IOException where it cannot be done
     */
    int kill(int localPort, Collection<String> peers) throws IOException, InterruptedException;
}
