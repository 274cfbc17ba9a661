package dev.certfleet.pki.wire;

/**
 * {@code POST /api/v1/agent/restart-leases}: a node asks to restart one of its components, while no other of the cluster does.
 *
 * @param component {@code etcd}, {@code kube-apiserver}, {@code kube-controller-manager}, {@code kube-scheduler},
 *     {@code kubelet} or {@code kube-proxy}
 * @param reason for people
 */
public record RestartLeaseRequest(String component, String reason) {}
