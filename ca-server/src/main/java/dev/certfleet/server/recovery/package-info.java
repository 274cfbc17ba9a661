/**
 * Revoked stays revoked, and blocked blocked: the journal outside the database, the marks that agents carry, what is refused while
 * the database is behind either, and how it catches up.
 */
@ApplicationModule(allowedDependencies = {"x509", "ledger", "audit", "installation", "replica", "schedule"})
@NullMarked
package dev.certfleet.server.recovery;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
