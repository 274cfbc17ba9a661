/** Each authority's CRLs: when a new one is due, making it, and the newest ones, ready to be served. */
@ApplicationModule(
        allowedDependencies = {"x509", "ledger", "signing", "authority", "recovery", "schedule", "installation"})
@NullMarked
package dev.certfleet.server.crl;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
