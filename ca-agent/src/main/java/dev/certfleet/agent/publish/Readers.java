package dev.certfleet.agent.publish;

/**
 * How the components that hold a pair notice new files, which decides whether its key may change under them
 * (docs/adr/0004).
 */
public enum Readers {
    /** They watch the files, load a pair that matches and keep the old one while it does not: the key changes each time. */
    WATCH,
    /**
     * They read certificate and key, one after the other, at every handshake, and fail that handshake on a mismatch: the key
     * stays, so that the certificate's rename is the only change.
     */
    EACH_HANDSHAKE
}
