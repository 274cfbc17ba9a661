package dev.certfleet.agent.etcd;

/** Why a file does not become the CRL that etcd reads. */
final class CrlRefused extends Exception {
    private static final long serialVersionUID = 1L;

    /** The kinds of wrong files, each with the label that metrics use. */
    enum Reason {
        TOO_LARGE("too-large"),
        UNREADABLE("unreadable"),
        OTHER_ISSUER("other-issuer"),
        BAD_SIGNATURE("bad-signature"),
        NOT_YET_VALID("not-yet-valid"),
        RAN_OUT("ran-out"),
        OLDER("older"),
        PART_ONLY("part-only"),
        LOCKS_OUT("locks-out");

        private final String label;

        Reason(String label) {
            this.label = label;
        }

        String label() {
            return label;
        }
    }

    private final Reason reason;

    CrlRefused(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    CrlRefused(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    Reason reason() {
        return reason;
    }
}
