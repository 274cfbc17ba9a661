/** What was ever issued and what became of it. */
@ApplicationModule(allowedDependencies = {"x509"})
@NullMarked
package dev.certfleet.server.ledger;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
