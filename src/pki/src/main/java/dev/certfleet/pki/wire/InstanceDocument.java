package dev.certfleet.pki.wire;

/**
 * A signed instance identity document as evidence.
 *
 * @param cluster the cluster that the node wants to belong to
 * @param document a signed JWT (RFC 7519) in compact serialization
 */
public record InstanceDocument(String cluster, String document) {}
