/** Looks at what is published as an outsider does: by HTTP, at the URLs that are in certificates. */
@ApplicationModule(allowedDependencies = {"x509", "signing", "authority", "schedule"})
@NullMarked
package dev.certfleet.server.probe;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
