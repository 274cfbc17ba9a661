/** Nodes that were away for so long that their identity expired, and how they prove to be the same. */
@ApplicationModule(
        allowedDependencies = {
            "x509",
            "ledger",
            "signing",
            "audit",
            "authority",
            "issuance",
            "enrolment",
            "installation",
            "recovery"
        })
@NullMarked
package dev.certfleet.server.comeback;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
