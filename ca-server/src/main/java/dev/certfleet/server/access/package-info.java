/**
 * Who calls, and what they may: operators and agents by the certificate they proved to hold in TLS, looked up in the ledger
 * on every request.
 */
@ApplicationModule(allowedDependencies = {"x509", "ledger", "audit", "authority", "issuance", "enrolment", "recovery"})
@NullMarked
package dev.certfleet.server.access;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
