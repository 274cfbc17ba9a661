/** Kubernetes' CertificateSigningRequests: which are approved, which are signed, by what the CA knows. */
@ApplicationModule(allowedDependencies = {"x509", "ledger", "audit", "authority", "enrolment", "issuance"})
@NullMarked
package dev.certfleet.server.csr;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
