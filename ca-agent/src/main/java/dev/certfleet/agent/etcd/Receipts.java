package dev.certfleet.agent.etcd;

import dev.certfleet.pki.wire.DoorProof;
import java.io.IOException;
import java.util.List;

/** Takes what was proven to the server. */
@FunctionalInterface
public interface Receipts {
    /** @throws IOException where the server did not take it now, but may later */
    void send(List<DoorProof> proofs) throws IOException, InterruptedException;
}
