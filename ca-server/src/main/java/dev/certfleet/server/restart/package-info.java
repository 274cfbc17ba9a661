/** Restarts of Kubernetes' components: one node of a cluster at a time, and none after one that went wrong. */
@ApplicationModule(allowedDependencies = {"audit", "schedule"})
@NullMarked
package dev.certfleet.server.restart;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
