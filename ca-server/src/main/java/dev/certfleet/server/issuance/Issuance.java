package dev.certfleet.server.issuance;

import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.x509.Violations;

/** What became of an order. */
public sealed interface Issuance {
    /** The certificate is on record; it may have been so before, for the same request. */
    record Issued(CertificateRecord certificate, Authority authority) implements Issuance {}

    /** Nothing was signed: these rules are broken. */
    record Refused(Violations violations) implements Issuance {}

    /** The same request is being worked on at this moment; ask again. */
    record InProgress() implements Issuance {}

    /** The request's id was used for another request. */
    record OtherRequest() implements Issuance {}
}
