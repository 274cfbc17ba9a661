/** What servers do by themselves, again and again. */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package dev.certfleet.server.schedule;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
