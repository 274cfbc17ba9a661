/** The components of a node that use what the agent publishes: whether they took it up, and how they are restarted where they never would. */
@NullMarked
package dev.certfleet.agent.component;

import org.jspecify.annotations.NullMarked;
