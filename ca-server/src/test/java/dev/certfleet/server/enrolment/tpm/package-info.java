@NullMarked
package dev.certfleet.server.enrolment.tpm;

import org.jspecify.annotations.NullMarked;
