/** Taking a node over that kubeadm made, and giving it back. */
@NullMarked
package dev.certfleet.agent.adopt;

import org.jspecify.annotations.NullMarked;
