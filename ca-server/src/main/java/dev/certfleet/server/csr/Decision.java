package dev.certfleet.server.csr;

import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.ledger.CertificateRecord;

/** What is to become of a CertificateSigningRequest. */
public sealed interface Decision {
    /** It gets the condition {@code Approved}, and is looked at again. */
    record Approve(String reason, String message) implements Decision {}

    /** It gets the condition {@code Denied}: nobody's approval would change anything. */
    record Deny(String reason, String message) implements Decision {}

    /** It gets its certificate. */
    record Sign(CertificateRecord certificate, Authority authority) implements Decision {}

    /** It was approved, and gets the condition {@code Failed}. */
    record Fail(String reason, String message) implements Decision {}

    /** It stays as it is: a person may approve it, or what is known here may change. */
    record Leave(String reason, String message) implements Decision {}

    /** The request of this id was another before, which Kubernetes rules out. */
    record OtherRequest() implements Decision {}

    /** Another node asks for the same at this moment. */
    record InProgress() implements Decision {}
}
