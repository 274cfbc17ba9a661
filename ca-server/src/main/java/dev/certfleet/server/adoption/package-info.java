/** Certificates that others issued from an authority of ours: checked, put on record, from then on like all others. */
@ApplicationModule(allowedDependencies = {"x509", "ledger", "audit", "authority", "enrolment", "recovery"})
@NullMarked
package dev.certfleet.server.adoption;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
