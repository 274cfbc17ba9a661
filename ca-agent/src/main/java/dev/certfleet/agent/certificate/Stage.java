package dev.certfleet.agent.certificate;

/** Where a certificate is in its life on this node. Each is on disk before what follows it is done. */
public enum Stage {
    /** There is none. */
    MISSING("missing"),
    /** The key for the next certificate is on disk. */
    KEY_READY("key-ready"),
    /** The request is on disk and may have been sent; it is sent again with the same id until there is an answer. */
    REQUESTED("requested"),
    /** The server's answer was checked and is on disk; some or all files may be in place already. */
    RECEIVED("received"),
    /** The files are in place; the hooks have yet to run. */
    PUBLISHED("published"),
    /** A component that runs is being looked at: it has yet to use the pair. */
    PROVING("proving"),
    /** No component takes the pair; the last good one is being put back. */
    ROLLING_BACK("rolling-back"),
    /** All is done until it is due; proven, unless the component does not run or there is none to ask. */
    IN_USE("in-use"),
    /** In use, and to be replaced now. */
    RENEWAL_DUE("renewal-due");

    private final String label;

    Stage(String label) {
        this.label = label;
    }

    /** The name in reports, {@code status} and metrics. */
    public String label() {
        return label;
    }
}
