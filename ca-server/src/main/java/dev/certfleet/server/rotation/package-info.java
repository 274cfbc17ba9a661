/** From one generation of an authority to the next, step by step, without a moment at which something is not trusted. */
@ApplicationModule(
        allowedDependencies = {
            "x509",
            "ledger",
            "signing",
            "audit",
            "authority",
            "enrolment",
            "installation",
            "recovery",
            "schedule"
        })
@NullMarked
package dev.certfleet.server.rotation;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
