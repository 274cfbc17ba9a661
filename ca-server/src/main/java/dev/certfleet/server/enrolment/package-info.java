/** Nodes: by what evidence they come to have an identity, what they have to hold, and how they leave. */
@ApplicationModule(
        allowedDependencies = {"x509", "ledger", "signing", "audit", "authority", "issuance", "installation"})
@NullMarked
package dev.certfleet.server.enrolment;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
