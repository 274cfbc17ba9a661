package dev.certfleet.server.ledger;

/** What asking for a place in the ledger led to. */
public sealed interface Reservation {
    /** The serial and the contents are on record; the authority's key may be used now. */
    record Made() implements Reservation {}

    /** The same request was answered before: this is its certificate. */
    record AlreadyIssued(CertificateRecord certificate) implements Reservation {}

    /** The same request is being worked on at this moment. */
    record InProgress() implements Reservation {}

    /** The request's id was used for something else. */
    record OtherRequest() implements Reservation {}
}
