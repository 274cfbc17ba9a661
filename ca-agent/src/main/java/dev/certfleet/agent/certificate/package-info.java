/** The life of one certificate on the node, as a state machine that survives being killed at any point. */
@NullMarked
package dev.certfleet.agent.certificate;

import org.jspecify.annotations.NullMarked;
