package dev.certfleet.server.x509;

import dev.certfleet.pki.KeyAlgorithm;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.RSAPrivateCrtKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/** Keys for tests: good ones, made once for each algorithm, and bad ones of each kind. */
public final class Keys {
    static final SecureRandom RANDOM = new SecureRandom();
    static final BigInteger F4 = BigInteger.valueOf(65537);
    private static final Provider BOUNCY_CASTLE = new BouncyCastleProvider();
    private static final Map<KeyAlgorithm, KeyPair> GOOD = new EnumMap<>(KeyAlgorithm.class);

    private Keys() {}

    public static synchronized KeyPair of(KeyAlgorithm algorithm) {
        return GOOD.computeIfAbsent(algorithm, Keys::generate);
    }

    public static KeyPair generate(KeyAlgorithm algorithm) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm.generator());
            generator.initialize(algorithm.parameters());
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    public static KeyPair onCurve(String curve) {
        try {
            // The platform's own has no secp256k1 any more
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", BOUNCY_CASTLE);
            generator.initialize(new ECGenParameterSpec(curve));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    public static SubjectPublicKeyInfo info(KeyPair pair) {
        return SubjectPublicKeyInfo.getInstance(pair.getPublic().getEncoded());
    }

    public static KeyPair rsa(int bits) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(bits);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** An RSA key of two given primes. */
    public static KeyPair rsa(BigInteger p, BigInteger q, BigInteger e) {
        BigInteger n = p.multiply(q);
        BigInteger p1 = p.subtract(BigInteger.ONE);
        BigInteger q1 = q.subtract(BigInteger.ONE);
        BigInteger d = e.modInverse(p1.multiply(q1));
        try {
            KeyFactory factory = KeyFactory.getInstance("RSA");
            return new KeyPair(
                    factory.generatePublic(new RSAPublicKeySpec(n, e)),
                    factory.generatePrivate(
                            new RSAPrivateCrtKeySpec(n, e, d, p, q, d.mod(p1), d.mod(q1), q.modInverse(p))));
        } catch (GeneralSecurityException problem) {
            throw new IllegalStateException(problem);
        }
    }

    /** A key as Infineon's library made them, of 3072 bits: both primes are k·M + 65537^a mod M, M of 126 primes. */
    public static KeyPair roca() {
        BigInteger product = IntStream.rangeClosed(2, 701)
                .mapToObj(BigInteger::valueOf)
                .filter(number -> number.isProbablePrime(30))
                .reduce(BigInteger.ONE, BigInteger::multiply);
        KeyPair pair;
        do {
            pair = rsa(rocaPrime(product), rocaPrime(product), F4);
        } while (((java.security.interfaces.RSAPublicKey) pair.getPublic())
                        .getModulus()
                        .bitLength()
                != 3072);
        return pair;
    }

    private static BigInteger rocaPrime(BigInteger product) {
        BigInteger prime;
        do {
            BigInteger k = new BigInteger(1536 - product.bitLength() + 1, RANDOM).setBit(1536 - product.bitLength());
            BigInteger a = new BigInteger(256, RANDOM);
            prime = k.multiply(product).add(F4.modPow(a, product));
        } while (prime.bitLength() != 1536 || !prime.isProbablePrime(40));
        return prime;
    }

    /** The key that process 4242 on a 64-bit Debian etch or lenny with a seed file made. */
    public static KeyPair debianWeak() {
        DebianBlocklistTool.Curve curve = DebianBlocklistTool.Curve.P256;
        BigInteger secret =
                DebianBlocklistTool.privateKey(curve, DebianRandom.Machine.LE64, DebianRandom.SeedFile.PRESENT, 4242);
        try {
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec("secp256r1"));
            KeyFactory factory = KeyFactory.getInstance("EC");
            byte[] encoded = DebianBlocklistTool.publicKey(curve, secret).getEncoded();
            return new KeyPair(
                    factory.generatePublic(new X509EncodedKeySpec(encoded)),
                    factory.generatePrivate(
                            new ECPrivateKeySpec(secret, parameters.getParameterSpec(ECParameterSpec.class))));
        } catch (GeneralSecurityException | java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
