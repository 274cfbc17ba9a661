/** Receipts: which doors a revocation has to be proved by, their proofs, and how long it took. */
@ApplicationModule(allowedDependencies = {"x509", "ledger", "replica", "status", "schedule"})
@NullMarked
package dev.certfleet.server.receipt;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
