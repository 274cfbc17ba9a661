package dev.certfleet.server.ledger;

import dev.certfleet.server.x509.Serial;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A certificate that is about to be signed: everything about it that has to be on record first.
 *
 * @param serial unique among all authorities
 * @param authority the name of the authority that will sign
 * @param cluster null for the installation's own certificates
 * @param profile its profile's label, or {@link #OCSP_RESPONDER}
 * @param node the node that holds it, if one does
 * @param operator the operator who holds it, if one does
 * @param subject the subject's name (RFC 4514)
 * @param dnsNames DNS names of its subject alternative names
 * @param addresses IP addresses of its subject alternative names, textual
 * @param publicKeyHash SHA-256 of the DER encoding of its SubjectPublicKeyInfo
 * @param notBefore start of validity
 * @param notAfter end of validity
 * @param contents the TBSCertificate, DER, exactly as it will be signed
 * @param requester who asked, as in audit events
 * @param requestId the requester's own name for the request
 * @param requestHash SHA-256 of what was asked: the same id with another content is refused
 */
public record NewCertificate(
        Serial serial,
        String authority,
        @Nullable String cluster,
        String profile,
        @Nullable String node,
        @Nullable String operator,
        String subject,
        List<String> dnsNames,
        List<String> addresses,
        byte[] publicKeyHash,
        Instant notBefore,
        Instant notAfter,
        byte[] contents,
        String requester,
        String requestId,
        byte[] requestHash) {

    /** The profile of certificates that answer for an authority's OCSP. */
    public static final String OCSP_RESPONDER = "ocsp-responder";

    /** The profile of adopted certificates that are of none of certfleet's own. */
    public static final String ADOPTED = "adopted";
}
