package dev.certfleet.server.x509;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.KeyAlgorithm;
import java.math.BigInteger;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPublicKey;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyRulesTest {
    private static final KeyRules RULES = new KeyRules(DebianBlocklist.builtIn());
    private static final Set<KeyAlgorithm> ALL = EnumSet.complementOf(EnumSet.of(KeyAlgorithm.RSA2048));

    @ParameterizedTest
    @EnumSource(value = KeyAlgorithm.class, names = "RSA2048", mode = EnumSource.Mode.EXCLUDE)
    void takesGoodKeysOfEveryAlgorithm(KeyAlgorithm algorithm) {
        assertThat(RULES.check(Keys.info(Keys.of(algorithm)), ALL)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(KeyAlgorithm.class)
    void refusesAlgorithmsThatTheProfileDoesNotTake(KeyAlgorithm algorithm) {
        Set<KeyAlgorithm> others = EnumSet.complementOf(EnumSet.of(algorithm));
        assertThat(rules(Keys.info(Keys.of(algorithm)), others))
                .containsExactly(
                        switch (algorithm) {
                            case P256, P384 -> "key-curve";
                            case RSA2048, RSA3072, RSA4096 -> "key-size";
                            case ED25519 -> "key-algorithm";
                        });
    }

    @Test
    void refusesOtherAlgorithms() throws Exception {
        for (String algorithm : List.of("DSA", "X25519", "Ed448", "DH", "RSASSA-PSS", "ML-DSA-65")) {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
            assertThat(rules(Keys.info(generator.generateKeyPair()), ALL)).containsExactly("key-algorithm");
        }
    }

    @Test
    void refusesOtherCurvesAndCurvesWithoutName() {
        assertThat(rules(Keys.info(Keys.onCurve("secp521r1")), ALL)).containsExactly("key-curve");
        var parameters = CustomNamedCurves.getByOID(SECObjectIdentifiers.secp256r1);
        byte[] point = Keys.info(Keys.of(KeyAlgorithm.P256)).getPublicKeyData().getOctets();
        SubjectPublicKeyInfo unnamed = new SubjectPublicKeyInfo(
                new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, parameters), point);
        assertThat(rules(unnamed, ALL)).containsExactly("key-curve");
    }

    @Test
    void refusesWhatIsNoUncompressedPoint() {
        byte[] point = Keys.info(Keys.of(KeyAlgorithm.P256)).getPublicKeyData().getOctets();
        byte[] offCurve = point.clone();
        offCurve[40] ^= 1;
        byte[] compressed = CustomNamedCurves.getByOID(SECObjectIdentifiers.secp256r1)
                .getCurve()
                .decodePoint(point)
                .getEncoded(true);
        byte[] tooLargeCoordinate = point.clone();
        java.util.Arrays.fill(tooLargeCoordinate, 1, 33, (byte) 0xff);
        byte[] hybrid = point.clone();
        hybrid[0] = (byte) (6 + (point[64] & 1));
        for (byte[] bad : List.of(offCurve, compressed, tooLargeCoordinate, hybrid, new byte[] {0}, new byte[65])) {
            SubjectPublicKeyInfo key = new SubjectPublicKeyInfo(
                    new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, SECObjectIdentifiers.secp256r1), bad);
            assertThat(rules(key, ALL)).containsExactly("ec-point");
        }
    }

    @Test
    void refusesEdwardsPointsOfSmallOrder() {
        AlgorithmIdentifier algorithm = Keys.info(Keys.of(KeyAlgorithm.ED25519)).getAlgorithm();
        byte[] identity = new byte[32];
        identity[0] = 1;
        for (byte[] bad : List.of(identity, new byte[32], new byte[31])) {
            assertThat(rules(new SubjectPublicKeyInfo(algorithm, bad), ALL)).containsExactly("ec-point");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1024, 2048})
    void refusesShortRsaKeys(int bits) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(bits);
        assertThat(rules(Keys.info(generator.generateKeyPair()), ALL)).containsExactly("key-size");
    }

    @Test
    void refusesOddSizesAtOnce() {
        BigInteger huge = BigInteger.ONE.shiftLeft(100_000).add(BigInteger.ONE);
        assertThat(rules(rsa(huge, Keys.F4), ALL)).containsExactly("key-size");
        assertThat(rules(rsa(modulus().negate(), Keys.F4), ALL)).contains("key-size");
    }

    @Test
    void refusesExponents() {
        for (BigInteger exponent : List.of(
                BigInteger.ONE,
                BigInteger.valueOf(3),
                BigInteger.valueOf(65538),
                Keys.F4.negate(),
                BigInteger.ONE.shiftLeft(256).add(BigInteger.ONE))) {
            assertThat(rules(rsa(modulus(), exponent), ALL)).containsExactly("rsa-exponent");
        }
        assertThat(rules(rsa(modulus(), BigInteger.valueOf(65539)), ALL)).isEmpty();
    }

    @Test
    void refusesEvenModuliAndSmallFactors() {
        assertThat(rules(rsa(modulus().clearBit(0), Keys.F4), ALL)).containsExactly("rsa-modulus");
        BigInteger factor = BigInteger.valueOf(65521);
        BigInteger multiple = modulus().divide(factor).setBit(0).multiply(factor);
        assertThat(rules(rsa(multiple, Keys.F4), ALL)).containsExactly("rsa-modulus");
    }

    @Test
    void refusesPrimesThatAreTooClose() {
        BigInteger p = BigInteger.ONE
                .shiftLeft(1535)
                .add(BigInteger.ONE.shiftLeft(1534))
                .nextProbablePrime();
        BigInteger q = p.nextProbablePrime();
        assertThat(rules(rsa(p.multiply(q), Keys.F4), ALL)).containsExactly("rsa-modulus");
        assertThat(rules(rsa(p.multiply(p), Keys.F4), ALL)).containsExactly("rsa-modulus");
    }

    @Test
    void refusesAPrimeAsModulus() {
        BigInteger prime = BigInteger.ONE.shiftLeft(3071).nextProbablePrime();
        assertThat(rules(rsa(prime, Keys.F4), ALL)).containsExactly("rsa-modulus");
    }

    @Test
    void refusesInfineonsKeys() {
        assertThat(rules(Keys.info(Keys.roca()), ALL)).containsExactly("roca");
    }

    @Test
    void refusesDebiansKeys() {
        assertThat(rules(Keys.info(Keys.debianWeak()), ALL)).containsExactly("debian-weak-key");
    }

    @Test
    void refusesRsaKeysThatCannotBeRead() {
        AlgorithmIdentifier rsa = new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE);
        assertThat(rules(new SubjectPublicKeyInfo(rsa, new byte[] {1, 2, 3}), ALL))
                .containsExactly("key-encoding");
        SubjectPublicKeyInfo good = Keys.info(Keys.of(KeyAlgorithm.RSA3072));
        SubjectPublicKeyInfo withParameters = new SubjectPublicKeyInfo(
                new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, new DEROctetString(new byte[1])),
                good.getPublicKeyData().getOctets());
        assertThat(rules(withParameters, ALL)).containsExactly("key-encoding");
    }

    private static List<String> rules(SubjectPublicKeyInfo key, Set<KeyAlgorithm> allowed) {
        return RULES.check(key, allowed).stream().map(Violation::rule).toList();
    }

    private static BigInteger modulus() {
        return ((RSAPublicKey) Keys.of(KeyAlgorithm.RSA3072).getPublic()).getModulus();
    }

    private static SubjectPublicKeyInfo rsa(BigInteger modulus, BigInteger exponent) {
        try {
            return new SubjectPublicKeyInfo(
                    new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE),
                    new org.bouncycastle.asn1.pkcs.RSAPublicKey(modulus, exponent));
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
