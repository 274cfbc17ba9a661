/** Revocation: of one certificate and of many, taking a hold back, quarantine, compromised keys. */
@ApplicationModule(allowedDependencies = {"x509", "ledger", "audit", "authority", "enrolment", "access", "rotation"})
@NullMarked
package dev.certfleet.server.revocation;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
