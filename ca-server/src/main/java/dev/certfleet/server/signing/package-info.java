/** The only package that touches a private key. */
@ApplicationModule(allowedDependencies = {"x509", "installation"})
@NullMarked
package dev.certfleet.server.signing;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
