package dev.certfleet.pki;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Base64;

/**
 * What a node signs with the key of its expired identity to come back. It begins with a line of its own, so that it can be
 * taken for nothing else that the key signs: TLS and PKCS#10 begin with other octets.
 *
 * @param server fingerprint of the server's TLS certificate that the node saw when it got the challenge
 * @param identity fingerprint of the expired identity
 * @param challenge as the server gave it
 * @param csr the request for the new identity as it is sent, PEM
 */
public record ComebackProof(String server, String identity, String challenge, String csr) {
    private static final String CONTEXT = "certfleet comeback v1";

    /** The signature in base64. */
    public String sign(PrivateKey key) {
        try {
            Signature signature = Signature.getInstance(algorithm(key));
            signature.initSign(key);
            signature.update(message());
            return Base64.getEncoder().encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("the identity's key cannot sign: " + e.getMessage(), e);
        }
    }

    /** Whether a signature in base64 is this proof's under a key. */
    public boolean isSigned(String base64, PublicKey key) {
        try {
            Signature signature = Signature.getInstance(algorithm(key));
            signature.initVerify(key);
            signature.update(message());
            return signature.verify(Base64.getDecoder().decode(base64));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return false;
        }
    }

    private byte[] message() {
        return String.join(
                        "\n", CONTEXT, server, identity, challenge, Certificates.fingerprint(csr.getBytes(UTF_8)), "")
                .getBytes(UTF_8);
    }

    private static String algorithm(Key key) {
        return switch (key.getAlgorithm()) {
            case "EC" -> "SHA256withECDSA";
            case "RSA" -> "SHA256withRSA";
            default -> "Ed25519";
        };
    }
}
