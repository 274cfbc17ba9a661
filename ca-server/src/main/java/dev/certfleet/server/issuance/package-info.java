/** From a request to a recorded certificate, in numbered steps. */
@ApplicationModule(
        allowedDependencies = {"x509", "ledger", "signing", "audit", "authority", "recovery", "installation"})
@NullMarked
package dev.certfleet.server.issuance;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
