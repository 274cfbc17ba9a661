/** Answers for the status of single certificates (RFC 6960, profiled by RFC 5019; nonces by RFC 9654). */
@ApplicationModule(
        allowedDependencies = {
            "x509",
            "ledger",
            "signing",
            "authority",
            "issuance",
            "recovery",
            "schedule",
            "installation"
        })
@NullMarked
package dev.certfleet.server.ocsp;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
