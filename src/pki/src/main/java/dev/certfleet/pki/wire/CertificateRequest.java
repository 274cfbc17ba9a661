package dev.certfleet.pki.wire;

import org.jspecify.annotations.Nullable;

/**
 * {@code POST /api/v1/clusters/{cluster}/certificates}. The names in the certificate come from the profile and from what is
 * on record of the cluster and the node; a name the request asks for beyond these is refused.
 *
 * @param profile the profile's label
 * @param node the node that holds the certificate; an agent leaves it out or names its own node
 * @param csr PKCS#10 in PEM
 * @param lifetime ISO 8601 duration, at most the profile's own; left out it is the profile's
 */
public record CertificateRequest(
        String profile,
        @Nullable String node,
        String csr,
        @Nullable String lifetime) {}
