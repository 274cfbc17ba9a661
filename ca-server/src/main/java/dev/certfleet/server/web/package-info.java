/**
 * The REST API: each resource reads a request, asks whether the caller may, calls a use case and says what became of it.
 * Errors become problem details in one place. What is accepted and answered is described by the OpenAPI document.
 */
@ApplicationModule(
        allowedDependencies = {
            "access",
            "adoption",
            "audit",
            "authority",
            "comeback",
            "csr",
            "enrolment",
            "issuance",
            "ledger",
            "receipt",
            "recovery",
            "restart",
            "revocation",
            "rotation",
            "x509"
        })
@NullMarked
package dev.certfleet.server.web;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
