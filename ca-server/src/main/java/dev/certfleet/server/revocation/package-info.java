/** Revocation: making it, taking a hold back. */
@ApplicationModule(allowedDependencies = {"x509", "ledger", "audit", "enrolment"})
@NullMarked
package dev.certfleet.server.revocation;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
