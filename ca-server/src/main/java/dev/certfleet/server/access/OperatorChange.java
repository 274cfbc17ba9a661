package dev.certfleet.server.access;

import dev.certfleet.server.issuance.Issuance;

/** What became of a change of the operators. */
public sealed interface OperatorChange {
    /** The operator is on record, and this became of their certificate. */
    record Credential(Issuance issuance) implements OperatorChange {}

    /** Gone, with every certificate of theirs revoked. */
    record Removed(int certificatesRevoked) implements OperatorChange {}

    /** The name is taken, now or by one who was removed. */
    record NameTaken() implements OperatorChange {}

    record NoSuchOperator() implements OperatorChange {}

    /** Without this one nobody could administer the installation. */
    record LastAdministrator() implements OperatorChange {}
}
