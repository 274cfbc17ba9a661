/**
 * The whole system against real etcd, kube-apiserver and OpenSSL, on nodes that are network namespaces. Tests read as a
 * story; what they are told with is here too: a {@link dev.certfleet.endtoend.NodeNetwork} of
 * {@link dev.certfleet.endtoend.NetworkNamespace nodes}, the programs that run on them, and those that look at them from
 * outside. All of it closes what it opened, and nothing here knows certfleet: files come from wherever a test says.
 */
@NullMarked
package dev.certfleet.endtoend;

import org.jspecify.annotations.NullMarked;
