package dev.certfleet.server.replica;

import java.util.UUID;

/**
 * One server of the installation.
 *
 * @param id its own, for as long as its data folder lives
 * @param host the name of its machine
 */
public record Replica(UUID id, String host) {
    /** What receipts call it: two servers on one machine have different names. */
    public String name() {
        return host + "-" + id.toString().substring(0, 8);
    }
}
