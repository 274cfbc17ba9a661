package dev.certfleet.agent.serviceaccount;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.Pem;
import dev.certfleet.pki.PrivateKeys;
import dev.certfleet.pki.der.DerException;
import dev.certfleet.pki.der.DerReader;
import dev.certfleet.pki.der.DerWriter;
import dev.certfleet.pki.der.Tag;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.RSAPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.List;

/**
 * A pair as its two files hold it, {@code sa.key} and {@code sa.pub}: as it was made, so that each node has the same octets.
 *
 * @param privateKey PEM: PKCS#8 (RFC 5958), or what kubeadm writes, PKCS#1 (RFC 8017 appendix A.1.2) or RFC 5915
 * @param publicKey PEM of the SubjectPublicKeyInfo
 */
record Pair(String privateKey, String publicKey) {
    private static final int BITS = 2048;
    private static final String RSA = "1.2.840.113549.1.1.1";
    private static final String EC = "1.2.840.10045.2.1";

    /** A new RSA pair, as kubeadm makes it. */
    static Pair make(SecureRandom random) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(BITS, random);
            KeyPair made = generator.generateKeyPair();
            return new Pair(
                    PrivateKeys.encode(made.getPrivate()),
                    Pem.encode(Pem.PUBLIC_KEY, made.getPublic().getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK cannot make an RSA key", e);
        }
    }

    /**
     * The pair of a private key whose public key is not at hand.
     *
     * @throws IllegalArgumentException where it is not an RSA key
     */
    static Pair of(String privateKey) {
        if (!(decode(privateKey) instanceof RSAPrivateCrtKey key)) {
            throw new IllegalArgumentException("it is not an RSA key");
        }
        try {
            PublicKey made = KeyFactory.getInstance("RSA")
                    .generatePublic(new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent()));
            return new Pair(privateKey, Pem.encode(Pem.PUBLIC_KEY, made.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("it is not a usable RSA key", e);
        }
    }

    /** @throws IllegalArgumentException where the two do not belong together, or one is none */
    Pair checked() {
        PrivateKey key = decode(privateKey);
        byte[] encoded = spki();
        try {
            PublicKey other =
                    KeyFactory.getInstance(key.getAlgorithm()).generatePublic(new X509EncodedKeySpec(encoded));
            if (PrivateKeys.belongTogether(key, other)) {
                return this;
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("the public key is of another kind", e);
        }
        throw new IllegalArgumentException("the two files are not of one pair");
    }

    /** SHA-256 of the SubjectPublicKeyInfo, lowercase hexadecimal. */
    String fingerprint() {
        return Certificates.fingerprint(spki());
    }

    private byte[] spki() {
        List<byte[]> blocks = Pem.decode(publicKey, Pem.PUBLIC_KEY);
        if (blocks.size() != 1) {
            throw new IllegalArgumentException(blocks.size() + " public keys where one belongs");
        }
        return blocks.getFirst();
    }

    private static PrivateKey decode(String pem) {
        for (Pem block : Pem.decode(pem)) {
            try {
                switch (block.label()) {
                    case "RSA PRIVATE KEY" -> {
                        return pkcs8(new DerWriter().objectIdentifier(RSA).nothing(), block.contents());
                    }
                    case "EC PRIVATE KEY" -> {
                        return pkcs8(
                                new DerWriter().objectIdentifier(EC).objectIdentifier(curve(block.contents())),
                                block.contents());
                    }
                    default -> {}
                }
            } catch (DerException e) {
                throw new IllegalArgumentException("not a private key: " + e.getMessage(), e);
            }
        }
        return PrivateKeys.decode(pem);
    }

    /** PrivateKeyInfo (RFC 5958 section 2) around what an older format has alone. */
    private static PrivateKey pkcs8(DerWriter algorithm, byte[] key) {
        byte[] encoded = new DerWriter()
                .sequence(info -> info.integer(0)
                        .sequence(identifier -> identifier.encoded(algorithm.toByteArray()))
                        .octetString(key))
                .toByteArray();
        return PrivateKeys.decode(Pem.encode(Pem.PRIVATE_KEY, encoded));
    }

    /** ECPrivateKey (RFC 5915 section 3): version, key, [0] parameters. */
    private static String curve(byte[] key) throws DerException {
        DerReader reader = DerReader.of(key).sequence();
        reader.smallInteger(Tag.INTEGER);
        reader.octetString();
        return reader.enter(Tag.constructed(0)).objectIdentifier();
    }

    /** No part of the key gets into a log by accident. */
    @Override
    public String toString() {
        return "Pair[" + fingerprint() + "]";
    }
}
