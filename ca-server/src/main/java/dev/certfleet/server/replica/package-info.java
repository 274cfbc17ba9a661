/** The servers that share a database: each knows itself by a file in its data folder, and is seen by the others. */
@ApplicationModule(allowedDependencies = {"installation", "schedule"})
@NullMarked
package dev.certfleet.server.replica;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
