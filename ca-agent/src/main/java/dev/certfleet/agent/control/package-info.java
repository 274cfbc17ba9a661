/** How a running agent is asked: a Unix domain socket for the commands, loopback HTTP for metrics. */
@NullMarked
package dev.certfleet.agent.control;

import org.jspecify.annotations.NullMarked;
