/** What an administrator can set: one record a concern, read from YAML, unknown keys refused. */
@NullMarked
package dev.certfleet.agent.settings;

import org.jspecify.annotations.NullMarked;
