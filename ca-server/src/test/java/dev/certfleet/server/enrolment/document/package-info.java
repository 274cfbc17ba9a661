@NullMarked
package dev.certfleet.server.enrolment.document;

import org.jspecify.annotations.NullMarked;
