package dev.certfleet.pki.ocsp;

import dev.certfleet.pki.der.DerWriter;
import dev.certfleet.pki.der.Tag;
import java.math.BigInteger;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An OCSP request, unsigned (RFC 6960 section 4.1).
 *
 * @param certificates what is asked for, at least one
 * @param nonce what the answer has to repeat (RFC 9654); null where an answer signed ahead will do
 */
public record OcspRequest(List<CertId> certificates, byte @Nullable [] nonce) {
    /** Octets of a nonce: what RFC 9654 section 2.1 asks of clients. */
    public static final int NONCE_LENGTH = 32;

    static final String NONCE = "1.3.6.1.5.5.7.48.1.2";

    public OcspRequest {
        certificates = List.copyOf(certificates);
        if (certificates.isEmpty()) {
            throw new IllegalArgumentException("a request for no certificate");
        }
        if (nonce != null && (nonce.length < 1 || nonce.length > 128)) {
            throw new IllegalArgumentException("a nonce of " + nonce.length + " octets (RFC 9654: 1 to 128)");
        }
    }

    /** A request for certificates of one issuer, with a fresh nonce. */
    public static OcspRequest withNonce(
            CertId.Digest digest, X509Certificate issuer, List<BigInteger> serials, SecureRandom random) {
        byte[] nonce = new byte[NONCE_LENGTH];
        random.nextBytes(nonce);
        return new OcspRequest(ids(digest, issuer, serials), nonce);
    }

    /** A request for certificates of one issuer that any current answer satisfies. */
    public static OcspRequest withoutNonce(CertId.Digest digest, X509Certificate issuer, List<BigInteger> serials) {
        return new OcspRequest(ids(digest, issuer, serials), null);
    }

    private static List<CertId> ids(CertId.Digest digest, X509Certificate issuer, List<BigInteger> serials) {
        return serials.stream().map(serial -> CertId.of(digest, issuer, serial)).toList();
    }

    /** DER. */
    public byte[] encoded() {
        return new DerWriter(128 + 128 * certificates.size())
                .sequence(request -> request.sequence(body -> {
                    body.sequence(list -> certificates.forEach(id -> list.sequence(id::write)));
                    if (nonce != null) {
                        body.constructed(
                                Tag.constructed(2),
                                wrapper -> wrapper.sequence(extensions -> nonce(extensions, nonce)));
                    }
                }))
                .toByteArray();
    }

    private static void nonce(DerWriter extensions, byte[] nonce) {
        extensions.sequence(
                extension -> extension.objectIdentifier(NONCE).octetString(value -> value.octetString(nonce)));
    }
}
