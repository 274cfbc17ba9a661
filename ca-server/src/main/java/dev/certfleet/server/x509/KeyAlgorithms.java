package dev.certfleet.server.x509;

import dev.certfleet.pki.KeyAlgorithm;
import java.math.BigInteger;
import java.util.Map;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.RSAPublicKey;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.operator.DefaultSignatureAlgorithmIdentifierFinder;

/** Which of certfleet's key algorithms a key in ASN.1 is of, and which signature algorithm its holder signs with. */
public final class KeyAlgorithms {
    static final Map<ASN1ObjectIdentifier, KeyAlgorithm> CURVES = Map.of(
            SECObjectIdentifiers.secp256r1, KeyAlgorithm.P256, SECObjectIdentifiers.secp384r1, KeyAlgorithm.P384);

    static final Map<Integer, KeyAlgorithm> RSA_SIZES =
            Map.of(2048, KeyAlgorithm.RSA2048, 3072, KeyAlgorithm.RSA3072, 4096, KeyAlgorithm.RSA4096);

    private KeyAlgorithms() {}

    /** The algorithm of a key, empty for one that certfleet has no name for. */
    public static Optional<KeyAlgorithm> of(SubjectPublicKeyInfo key) {
        ASN1ObjectIdentifier algorithm = key.getAlgorithm().getAlgorithm();
        if (X9ObjectIdentifiers.id_ecPublicKey.equals(algorithm)) {
            ASN1Encodable parameters = key.getAlgorithm().getParameters();
            return parameters instanceof ASN1ObjectIdentifier curve
                    ? Optional.ofNullable(CURVES.get(curve))
                    : Optional.empty();
        }
        if (PKCSObjectIdentifiers.rsaEncryption.equals(algorithm)) {
            return Optional.ofNullable(RSA_SIZES.get(modulus(key).bitLength()));
        }
        return EdECObjectIdentifiers.id_Ed25519.equals(algorithm)
                ? Optional.of(KeyAlgorithm.ED25519)
                : Optional.empty();
    }

    /** The signature algorithm that keys of the given kind sign with, as certificates name it. */
    public static AlgorithmIdentifier signature(KeyAlgorithm algorithm) {
        return new DefaultSignatureAlgorithmIdentifierFinder().find(algorithm.signature());
    }

    private static BigInteger modulus(SubjectPublicKeyInfo key) {
        try {
            return RSAPublicKey.getInstance(key.parsePublicKey()).getModulus();
        } catch (java.io.IOException e) {
            throw new IllegalArgumentException("not an RSA key", e);
        }
    }
}
