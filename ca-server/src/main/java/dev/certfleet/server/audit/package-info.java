/** What was done, by whom: written in the transaction of what it tells, and never changed. */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package dev.certfleet.server.audit;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
