/** The first start, the server's own TLS certificate, and lost operator credentials: what a server does for itself. */
@ApplicationModule(
        allowedDependencies = {"installation", "x509", "ledger", "signing", "audit", "authority", "issuance", "schedule"
        })
@NullMarked
package dev.certfleet.server.setup;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
