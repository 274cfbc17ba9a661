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

    /** What was admitted when the machine began is not any more. */
    record NoLongerAdmitted() implements Enrolment {}

    /** The evidence does not prove what it should. */
    record NotProven(String why) implements Enrolment {}

    /** The evidence was used by another request. */
    record EvidenceUsed() implements Enrolment {}

    /** The machine is another node of the cluster, which was not retired. */
    record MachineTaken() implements Enrolment {}

    /** A node has this name; an operator can allow a reinstallation. */
    record NameTaken() implements Enrolment {}

    /** What is asked goes beyond what the evidence grants, or breaks the rules of certificates. */
    record Refused(Violations violations) implements Enrolment {}

    /** The same request is being worked on at this moment. */
    record InProgress() implements Enrolment {}

    /** The request's id was used for another request. */
    record OtherRequest() implements Enrolment {}
}
