/** What of TPM 2.0 (Trusted Platform Module Library, family 2.0, parts 1 and 2) a server needs to know a machine by its TPM. */
@NullMarked
package dev.certfleet.server.enrolment.tpm;

import org.jspecify.annotations.NullMarked;
