package dev.certfleet.pki.wire;

/**
 * A node has seen one of its doors refuse a revoked certificate: not that it was told to, but that it does.
 *
 * @param certificate the revoked certificate's fingerprint, lowercase hexadecimal
 * @param door {@code kube-apiserver} or {@code etcd}, the node's own
 * @param evidence what was seen: {@code review-denied} (an access review through that kube-apiserver was denied, and what it
 *     may have cached before has run out), {@code authority-not-accepted} (in a TLS handshake it no longer names the
 *     certificate's authority), {@code connection-refused} (etcd refused a client certificate that the same CRL revokes)
 * @param at when, by the node's clock, RFC 3339
 */
public record DoorProof(String certificate, String door, String evidence, String at) {}
