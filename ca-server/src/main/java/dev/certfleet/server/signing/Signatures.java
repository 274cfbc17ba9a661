package dev.certfleet.server.signing;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import dev.certfleet.pki.KeyAlgorithm;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.DefaultSignatureAlgorithmIdentifierFinder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where signatures come from: AWS-LC through the Corretto provider where its native code loads, four times as fast as
 * Bouncy Castle, which serves everywhere else.
 */
public final class Signatures {
    private static final Logger LOG = LoggerFactory.getLogger(Signatures.class);
    private static final Provider PROVIDER = choose();

    private Signatures() {}

    /** The provider that signs and verifies on this machine. */
    public static Provider provider() {
        return PROVIDER;
    }

    private static Provider choose() {
        try {
            Provider corretto = AmazonCorrettoCryptoProvider.INSTANCE;
            AmazonCorrettoCryptoProvider.INSTANCE.assertHealthy();
            Signature.getInstance(KeyAlgorithm.P256.signature(), corretto);
            return corretto;
        } catch (GeneralSecurityException | RuntimeException | LinkageError e) {
            LOG.info("signing with Bouncy Castle, since AWS-LC does not load here: {}", e.toString());
            return new BouncyCastleProvider();
        }
    }

    /** The Corretto provider signs with Ed25519 but reads no such key; the JDK's own provider does both. */
    private static Provider provider(KeyAlgorithm algorithm) {
        return algorithm == KeyAlgorithm.ED25519 ? Security.getProvider("SunEC") : PROVIDER;
    }

    static KeyPair generate(KeyAlgorithm algorithm) {
        return jca(() -> {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm.generator(), provider(algorithm));
            if (algorithm != KeyAlgorithm.ED25519) {
                generator.initialize(algorithm.parameters());
            }
            return generator.generateKeyPair();
        });
    }

    static PrivateKey privateKey(KeyAlgorithm algorithm, byte[] pkcs8) {
        return jca(() -> KeyFactory.getInstance(algorithm.generator(), provider(algorithm))
                .generatePrivate(new PKCS8EncodedKeySpec(pkcs8)));
    }

    /** Reads a key of this algorithm for {@link #verifier}. */
    public static PublicKey publicKey(KeyAlgorithm algorithm, byte[] subjectPublicKeyInfo) {
        return jca(() -> KeyFactory.getInstance(algorithm.generator(), provider(algorithm))
                .generatePublic(new X509EncodedKeySpec(subjectPublicKeyInfo)));
    }

    static byte[] sign(KeyAlgorithm algorithm, PrivateKey key, byte[] message) {
        return jca(() -> {
            Signature signature = Signature.getInstance(algorithm.signature(), provider(algorithm));
            signature.initSign(key);
            signature.update(message);
            return signature.sign();
        });
    }

    static byte[] sign(KeyAlgorithm algorithm, PrivateKey key, Message message) throws IOException {
        Signature signature = jca(() -> {
            Signature signing = Signature.getInstance(algorithm.signature(), provider(algorithm));
            signing.initSign(key);
            return signing;
        });
        update(signature, message);
        return jca(signature::sign);
    }

    static boolean verify(KeyAlgorithm algorithm, PublicKey key, Message message, byte[] signature) throws IOException {
        Signature verifier = verifier(algorithm, key);
        update(verifier, message);
        return jca(() -> verifier.verify(signature));
    }

    /** What verifies signatures by a key of this algorithm, piece by piece. */
    public static Signature verifier(KeyAlgorithm algorithm, PublicKey key) {
        return jca(() -> {
            Signature verifier = Signature.getInstance(algorithm.signature(), provider(algorithm));
            verifier.initVerify(key);
            return verifier;
        });
    }

    private static void update(Signature signature, Message message) throws IOException {
        message.writeTo(new OutputStream() {
            @Override
            public void write(int octet) {
                write(new byte[] {(byte) octet}, 0, 1);
            }

            @Override
            public void write(byte[] octets, int offset, int length) {
                jca(() -> {
                    signature.update(octets, offset, length);
                    return signature;
                });
            }
        });
    }

    /** The AlgorithmIdentifier of the signatures that keys of this algorithm make, DER. */
    static byte[] identifier(KeyAlgorithm algorithm) {
        try {
            return new DefaultSignatureAlgorithmIdentifierFinder()
                    .find(algorithm.signature())
                    .getEncoded(ASN1Encoding.DER);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static boolean verify(KeyAlgorithm algorithm, PublicKey key, byte[] message, byte[] signature) {
        return jca(() -> {
            Signature verifier = verifier(algorithm, key);
            verifier.update(message);
            return verifier.verify(signature);
        });
    }

    private interface Jca<T> {
        T call() throws GeneralSecurityException;
    }

    /** What is called here is part of both providers; a failure is a broken installation, not a case to handle. */
    private static <T> T jca(Jca<T> call) {
        try {
            return call.call();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the cryptographic provider failed: " + e.getMessage(), e);
        }
    }
}
