/** Who this node is towards the server: enrolment, the stored identity and its renewal. */
@NullMarked
package dev.certfleet.agent.identity;

import org.jspecify.annotations.NullMarked;
