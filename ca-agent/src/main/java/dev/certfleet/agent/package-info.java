/**
 * The node agent. Read {@link dev.certfleet.agent.CaAgent} for the commands, {@link dev.certfleet.agent.Agent} for what runs;
 * a certificate's life is in {@link dev.certfleet.agent.certificate}, how its files change under running components in
 * {@link dev.certfleet.agent.publish}.
 */
@NullMarked
package dev.certfleet.agent;

import org.jspecify.annotations.NullMarked;
