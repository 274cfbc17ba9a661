/** The node's own TCP connections. */
@NullMarked
package dev.certfleet.agent.net;

import org.jspecify.annotations.NullMarked;
