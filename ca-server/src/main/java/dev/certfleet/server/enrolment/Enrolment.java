package dev.certfleet.server.enrolment;

import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.x509.Violations;
import java.util.List;

/** What became of a node's request for an identity. */
public sealed interface Enrolment {
    /**
     * @param cluster the cluster's name
     * @param node the node's name
     * @param roles the roles it has
     * @param certificate its identity
     * @param authority the authority that signed it
     */
    record Enrolled(String cluster, String node, List<String> roles, CertificateRecord certificate, Authority authority)
            implements Enrolment {}

    /** There is no such token. */
    record TokenUnknown() implements Enrolment {}

    record TokenExpired() implements Enrolment {}

    record TokenUsedUp() implements Enrolment {}

    record TokenWithdrawn() implements Enrolment {}

    /** A node has this name; an operator can allow a reinstallation. */
    record NameTaken() implements Enrolment {}

    /** What is asked goes beyond what the token grants, or breaks the rules of certificates. */
    record Refused(Violations violations) implements Enrolment {}

    /** The same request is being worked on at this moment. */
    record InProgress() implements Enrolment {}

    /** The request's id was used for another request. */
    record OtherRequest() implements Enrolment {}
}
