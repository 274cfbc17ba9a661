/** What a server stands on before anything else runs: settings, data folder, sealing key, database. */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package dev.certfleet.server.installation;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
