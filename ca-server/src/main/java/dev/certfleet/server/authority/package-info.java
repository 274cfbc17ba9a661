/** Clusters and their authorities. */
@ApplicationModule(allowedDependencies = {"x509", "ledger", "signing", "audit"})
@NullMarked
package dev.certfleet.server.authority;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
