package dev.certfleet.agent.certificate;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.Pem;
import dev.certfleet.pki.PrivateKeys;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.X509EncodedKeySpec;
import java.util.Optional;

/** Key pairs made and kept on the node: in the agent's own files the public key follows the private one. */
public final class KeyPairs {
    private KeyPairs() {}

    public static KeyPair generate(KeyAlgorithm algorithm, SecureRandom random) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm.generator());
            generator.initialize(algorithm.parameters(), random);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK cannot make a key of " + algorithm.label(), e);
        }
    }

    public static String encode(KeyPair pair) {
        return PrivateKeys.encode(pair.getPrivate())
                + Pem.encode(Pem.PUBLIC_KEY, pair.getPublic().getEncoded());
    }

    /** Empty where the text is not such a pair. */
    public static Optional<KeyPair> decode(String pem) {
        try {
            PrivateKey key = PrivateKeys.decode(pem);
            PublicKey publicKey = KeyFactory.getInstance(key.getAlgorithm())
                    .generatePublic(new X509EncodedKeySpec(
                            Pem.decode(pem, Pem.PUBLIC_KEY).getFirst()));
            return PrivateKeys.belongTogether(key, publicKey)
                    ? Optional.of(new KeyPair(publicKey, key))
                    : Optional.empty();
        } catch (IllegalArgumentException | GeneralSecurityException e) {
            return Optional.empty();
        }
    }
}
