package dev.certfleet.server.ledger;

/**
 * Something was blocked, or is no longer, that no certificate tells of. It is told within the transaction: whoever listens
 * can write with it, or wait for its commit.
 */
public sealed interface BlockChange {
    /** Whether it comes from a journal: it need not go there, and what follows from it has to be done again. */
    boolean replayed();

    /** A public key is not certified any more. */
    record KeyBlocked(BlockedKeys.Entry key, boolean replayed) implements BlockChange {}

    /** A node is in quarantine; where it is replayed, it may have been, and is not any more. */
    record NodeQuarantined(QuarantineRecord quarantine, boolean replayed) implements BlockChange {}

    /** A quarantine is over: a reinstall was allowed. */
    record QuarantineEnded(QuarantineRecord quarantine, boolean replayed) implements BlockChange {}
}
