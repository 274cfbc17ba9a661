/** What operators watch: how long everything lives, and what was done. */
@ApplicationModule(allowedDependencies = {"audit", "schedule"})
@NullMarked
package dev.certfleet.server.metrics;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
