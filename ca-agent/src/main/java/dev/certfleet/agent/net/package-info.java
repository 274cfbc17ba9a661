/** The node's own TCP connections, and what the agent's have in common. */
@NullMarked
package dev.certfleet.agent.net;

import org.jspecify.annotations.NullMarked;
