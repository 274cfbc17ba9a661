/**
 * The revocation gate: kube-apiserver has no means of its own to learn that a client certificate was revoked, so it asks
 * here, on loopback, before each request's authorization. Start reading at {@link Gate#decide}.
 */
@NullMarked
package dev.certfleet.agent.gate;

import org.jspecify.annotations.NullMarked;
