package dev.certfleet.server.signing;

import dev.certfleet.pki.KeyAlgorithm;
import java.io.IOException;
import java.security.PublicKey;
import java.util.UUID;

/**
 * A private key that signs and is never seen. Only {@link Issuer}, {@link CrlSigner}, {@link OcspSigner} and {@link
 * AuthorityRequest} can use it, so that nothing is signed that is not a linted certificate, a CRL, an OCSP response or the
 * request for its own certificate.
 */
public abstract sealed class SigningKey permits SealedSigningKey {
    /** How it is found again. */
    public abstract UUID id();

    public abstract KeyAlgorithm algorithm();

    public abstract PublicKey publicKey();

    /** The signature over the message, in the encoding that X.509 has for the algorithm. */
    abstract byte[] sign(byte[] message);

    /** As {@link #sign(byte[])}, of a message that is read piece by piece. */
    abstract byte[] sign(Message message) throws IOException;
}
