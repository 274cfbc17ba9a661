/**
 * The pair that signs service-account tokens: made on one control-plane node of a cluster, and passed on to each other sealed,
 * so that the server that carries it can neither read nor replace it (docs/adr/0020).
 */
@NullMarked
package dev.certfleet.agent.serviceaccount;

import org.jspecify.annotations.NullMarked;
