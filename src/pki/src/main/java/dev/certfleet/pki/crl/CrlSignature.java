package dev.certfleet.pki.crl;

import dev.certfleet.pki.SignatureAlgorithms;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Optional;

/**
 * A signature as it was read.
 *
 * @param algorithm the algorithm's object identifier
 * @param signed the octets under it
 * @param value its own octets
 */
public record CrlSignature(String algorithm, byte[] signed, byte[] value) {
    boolean isBy(PublicKey key) {
        Optional<String> name = SignatureAlgorithms.named(algorithm);
        if (name.isEmpty()) {
            return false;
        }
        try {
            Signature signature = Signature.getInstance(name.get());
            signature.initVerify(key);
            signature.update(signed);
            return signature.verify(value);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
