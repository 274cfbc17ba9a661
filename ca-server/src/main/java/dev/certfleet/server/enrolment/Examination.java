package dev.certfleet.server.enrolment;

/** What became of looking at evidence. */
sealed interface Examination {
    record Proven(Grant grant) implements Examination {}

    record Refused(Enrolment why) implements Examination {}
}
