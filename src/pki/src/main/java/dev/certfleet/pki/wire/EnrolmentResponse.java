package dev.certfleet.pki.wire;

import java.util.List;

/**
 * A node's identity.
 *
 * @param cluster the cluster's name
 * @param nodeName the node's name, as recorded
 * @param roles the node's roles
 * @param certificate the identity certificate
 * @param installationBundle PEM of the authorities that the server's TLS certificate may chain to
 */
public record EnrolmentResponse(
        String cluster,
        String nodeName,
        List<String> roles,
        IssuedCertificate certificate,
        String installationBundle) {}
