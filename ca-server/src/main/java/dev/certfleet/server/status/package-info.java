/** What the public may ask without a word of who they are, over plain HTTP: OCSP, CRLs, CA certificates. */
@ApplicationModule(allowedDependencies = {"x509", "authority", "ocsp", "crl", "installation"})
@NullMarked
package dev.certfleet.server.status;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
