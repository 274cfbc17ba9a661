package dev.certfleet.pki.wire;

/**
 * {@code POST /api/v1/agent/restart-leases}: a node asks whether it may restart a component now.
 *
 * @param component {@code etcd}, {@code kube-apiserver}, {@code kube-controller-manager}, {@code kube-scheduler},
 *     {@code kubelet} or {@code kube-proxy}
 * @param reason why, one line
 */
public record RestartLeaseRequest(String component, String reason) {}
