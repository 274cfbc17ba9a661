package dev.certfleet.pki.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /api/v1/enrolments}, by TLS without a client certificate: a node asks for its identity. It comes with one
 * piece of evidence: {@code token}, {@code tpm} or {@code document}.
 *
 * @param token the enrolment token as it was handed to the operator; it says which cluster
 * @param tpm what only the machine with an admitted TPM can give
 * @param document what a trusted issuer says of the machine
 * @param nodeName the name the node wants, a DNS label or subdomain (RFC 1123)
 * @param roles the roles the node wants, each one that the evidence grants; empty takes all that it grants
 * @param addresses the node's own IP addresses, textual
 * @param csr PKCS#10 in PEM for the identity key
 */
public record EnrolmentRequest(
        @Nullable String token,
        @Nullable TpmProof tpm,
        @Nullable InstanceDocument document,
        String nodeName,
        List<String> roles,
        List<String> addresses,
        String csr) {
    /** What is asked, without the evidence that is made anew for each try. */
    public EnrolmentRequest withoutProof() {
        return new EnrolmentRequest(token, null, null, nodeName, roles, addresses, csr);
    }
}
