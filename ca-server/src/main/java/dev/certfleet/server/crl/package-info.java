/** Each authority's CRL: when a new one is due, making it, and the newest one. */
@ApplicationModule(allowedDependencies = {"x509", "ledger", "signing", "authority", "recovery", "schedule"})
@NullMarked
package dev.certfleet.server.crl;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
