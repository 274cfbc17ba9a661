package dev.certfleet.pki;

import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;

/**
 * The key algorithms that certfleet makes and certifies. Each names how the JDK generates a key pair of it and which
 * signature algorithm goes with it (RFC 5480, RFC 8017, RFC 8410).
 */
public enum KeyAlgorithm {
    P256("p256", "EC", new ECGenParameterSpec("secp256r1"), "SHA256withECDSA"),
    P384("p384", "EC", new ECGenParameterSpec("secp384r1"), "SHA384withECDSA"),
    /** Of authorities that were imported alone: too short for what is made today. */
    RSA2048("rsa2048", "RSA", new RSAKeyGenParameterSpec(2048, RSAKeyGenParameterSpec.F4), "SHA256withRSA"),
    RSA3072("rsa3072", "RSA", new RSAKeyGenParameterSpec(3072, RSAKeyGenParameterSpec.F4), "SHA256withRSA"),
    RSA4096("rsa4096", "RSA", new RSAKeyGenParameterSpec(4096, RSAKeyGenParameterSpec.F4), "SHA256withRSA"),
    ED25519("ed25519", "Ed25519", NamedParameterSpec.ED25519, "Ed25519");

    private final String label;
    private final String generator;
    private final AlgorithmParameterSpec parameters;
    private final String signature;

    KeyAlgorithm(String label, String generator, AlgorithmParameterSpec parameters, String signature) {
        this.label = label;
        this.generator = generator;
        this.parameters = parameters;
        this.signature = signature;
    }

    /** Whether keys of this kind are made and certified; the others are taken of imported authorities only. */
    public boolean isForNewKeys() {
        return this != RSA2048;
    }

    /**
     * The name in settings and on the API: {@code p256}, {@code p384}, {@code rsa3072}, {@code rsa4096}, {@code ed25519}; {@code
     * rsa2048} of imported authorities.
     */
    public String label() {
        return label;
    }

    /** The JCA name for {@link java.security.KeyPairGenerator}. */
    public String generator() {
        return generator;
    }

    /** The parameters for {@link java.security.KeyPairGenerator#initialize(AlgorithmParameterSpec)}. */
    public AlgorithmParameterSpec parameters() {
        return parameters;
    }

    /** The JCA name of the signature algorithm that keys of this kind make. */
    public String signature() {
        return signature;
    }

    /** @throws IllegalArgumentException for a name that is none of {@link #label()} */
    public static KeyAlgorithm of(String label) {
        return Labels.find(values(), KeyAlgorithm::label, label, "key algorithm");
    }
}
