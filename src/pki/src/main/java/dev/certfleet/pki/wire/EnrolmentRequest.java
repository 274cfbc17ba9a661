package dev.certfleet.pki.wire;

import java.util.List;

/**
 * {@code POST /api/v1/enrolments}, by TLS without a client certificate: a node asks for its identity.
 *
 * @param token the enrolment token as it was handed to the operator; it says which cluster
 * @param nodeName the name the node wants, a DNS label or subdomain (RFC 1123)
 * @param roles the roles the node wants, each one that the token grants; empty takes all that it grants
 * @param addresses the node's own IP addresses, textual
 * @param csr PKCS#10 in PEM for the identity key
 */
public record EnrolmentRequest(String token, String nodeName, List<String> roles, List<String> addresses, String csr) {}
