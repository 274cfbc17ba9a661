/** The certfleet server as the agent sees it: HTTPS with a pinned or stored trust, JSON, problems in one line. */
@NullMarked
package dev.certfleet.agent.server;

import org.jspecify.annotations.NullMarked;
