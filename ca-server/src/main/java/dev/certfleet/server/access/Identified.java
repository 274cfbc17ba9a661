package dev.certfleet.server.access;

/** What a presented certificate says of who presents it. */
public sealed interface Identified {
    /** It is theirs and in force. */
    record As(Caller caller) implements Identified {}

    /**
     * It opens nothing.
     *
     * @param detail for the one who holds its key
     */
    record Refused(Reason reason, String detail) implements Identified {}

    /** Why a certificate opens nothing. */
    enum Reason {
        /** This installation never issued it. */
        UNKNOWN,
        /** It was issued for something else than calling this server. */
        NOT_AN_IDENTITY,
        /** Revoked or on hold. */
        REVOKED,
        EXPIRED,
        /** A newer identity of the same node was used since. */
        SUPERSEDED,
        /** The operator was removed, or the node retired or put in quarantine. */
        HOLDER_GONE
    }
}
