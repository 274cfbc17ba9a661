package dev.certfleet.pki.wire;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /api/v1/agent/assignment}: what the calling node has to hold.
 *
 * @param cluster the cluster's name
 * @param nodeName the node's name
 * @param roles the node's roles
 * @param serverTime the server's clock, RFC 3339
 * @param version changes whenever anything below does; opaque
 * @param controlPlaneEndpoint where the cluster's API server is reached, host or host:port; null where none is on record
 * @param certificates the certificates to hold, one a profile
 * @param bundles CA certificates in PEM by bundle name: {@code kubernetes}, {@code clients} (what kube-apiserver accepts
 *     client certificates from), {@code etcd}, {@code front-proxy}, {@code agents}, {@code installation}
 * @param statusUrls where each authority's OCSP responder is, by bundle name ({@code kubernetes} …)
 * @param crlUrls where the complete CRL of each authority that issues is, by bundle name; for {@code etcd} it is the
 *     indirect one, signed by that authority, with the entries of every generation
 * @param serviceAccountKey what is known of the cluster's service-account key pair; null on nodes that do not have it
 */
public record Assignment(
        String cluster,
        String nodeName,
        List<String> roles,
        String serverTime,
        String version,
        @Nullable String controlPlaneEndpoint,
        List<AssignedCertificate> certificates,
        Map<String, String> bundles,
        Map<String, String> statusUrls,
        Map<String, String> crlUrls,
        @Nullable ServiceAccountKeyOrder serviceAccountKey) {}
