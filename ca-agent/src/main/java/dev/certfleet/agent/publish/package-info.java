/** Files that running components read: replaced as a whole, never half, never by symlink. */
@NullMarked
package dev.certfleet.agent.publish;

import org.jspecify.annotations.NullMarked;
