package dev.certfleet.pki;

import dev.certfleet.pki.der.DerException;
import dev.certfleet.pki.der.DerReader;
import dev.certfleet.pki.der.DerWriter;
import dev.certfleet.pki.der.Tag;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;

/** Private keys as unencrypted PKCS#8 in PEM (RFC 5958), the form that every component of Kubernetes and etcd reads. */
public final class PrivateKeys {
    private PrivateKeys() {}

    /** The key as a {@code PRIVATE KEY} block. */
    public static String encode(PrivateKey key) {
        byte[] pkcs8 = key.getEncoded();
        if (pkcs8 == null || !"PKCS#8".equals(key.getFormat())) {
            throw new IllegalArgumentException("the key's provider does not give it out");
        }
        return Pem.encode(Pem.PRIVATE_KEY, pkcs8);
    }

    /**
     * The only {@code PRIVATE KEY} block of a text.
     *
     * @throws IllegalArgumentException where there is none, more than one, or not an EC, RSA or Ed25519 key
     */
    public static PrivateKey decode(String pem) {
        List<byte[]> blocks = Pem.decode(pem, Pem.PRIVATE_KEY);
        if (blocks.size() != 1) {
            throw new IllegalArgumentException(blocks.size() + " private keys where one belongs");
        }
        byte[] pkcs8 = blocks.getFirst();
        try {
            return KeyFactory.getInstance(algorithm(pkcs8)).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
        } catch (DerException | GeneralSecurityException e) {
            throw new IllegalArgumentException("not a private key: " + e.getMessage(), e);
        }
    }

    /**
     * The private key of a text in any form that Go's tools write: PKCS#8, PKCS#1 (RFC 8017 appendix A.1.2) or SEC1 (RFC 5915),
     * not encrypted.
     *
     * @param publicKey what it belongs to; the older forms do not say of what kind they are
     * @throws IllegalArgumentException where there is none, or it cannot be read
     */
    public static PrivateKey decode(String pem, PublicKey publicKey) {
        for (Pem block : Pem.decode(pem)) {
            switch (block.label()) {
                case Pem.PRIVATE_KEY -> {
                    return decode(Pem.encode(Pem.PRIVATE_KEY, block.contents()));
                }
                case "RSA PRIVATE KEY", "EC PRIVATE KEY" -> {
                    return decode(Pem.encode(Pem.PRIVATE_KEY, pkcs8(block.contents(), publicKey)));
                }
                default -> {}
            }
        }
        throw new IllegalArgumentException("no private key");
    }

    /** OneAsymmetricKey (RFC 5958 section 2) round an older form; the algorithm is the public key's. */
    private static byte[] pkcs8(byte[] older, PublicKey publicKey) {
        try {
            byte[] algorithm =
                    DerReader.of(publicKey.getEncoded(), 1 << 16).sequence().element();
            return new DerWriter(older.length + 64)
                    .sequence(key -> key.integer(0).encoded(algorithm).octetString(older))
                    .toByteArray();
        } catch (DerException e) {
            throw new IllegalArgumentException("the public key cannot be read", e);
        }
    }

    /** True where what {@code privateKey} signs is verified by {@code publicKey}. */
    public static boolean belongTogether(PrivateKey privateKey, PublicKey publicKey) {
        if (!sameKind(privateKey.getAlgorithm(), publicKey.getAlgorithm())) {
            return false;
        }
        String algorithm = switch (privateKey.getAlgorithm()) {
            case "EC" -> "SHA256withECDSA";
            case "RSA" -> "SHA256withRSA";
            default -> "Ed25519";
        };
        byte[] proof = "certfleet: do these keys belong together".getBytes(StandardCharsets.US_ASCII);
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(privateKey);
            signature.update(proof);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(proof);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static boolean sameKind(String one, String other) {
        return one.equals(other) || (isEdwards(one) && isEdwards(other));
    }

    private static boolean isEdwards(String algorithm) {
        return algorithm.equals("EdDSA") || algorithm.equals("Ed25519");
    }

    private static String algorithm(byte[] pkcs8) throws DerException {
        DerReader key = DerReader.of(pkcs8, 1 << 16).sequence();
        key.smallInteger(Tag.INTEGER);
        String oid = key.sequence().objectIdentifier();
        return switch (oid) {
            case "1.2.840.10045.2.1" -> "EC";
            case "1.2.840.113549.1.1.1" -> "RSA";
            case "1.3.101.112" -> "Ed25519";
            default -> throw new DerException("a key of an unknown algorithm " + oid);
        };
    }
}
