package dev.certfleet.server.x509;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.jspecify.annotations.Nullable;

/**
 * Proof of possession: the request is signed by the key it asks to have certified (RFC 2986 section 3, note 2). Rules: {@code
 * signature-algorithm}, {@code signature}.
 */
final class SignatureCheck {
    private static final Map<ASN1ObjectIdentifier, Scheme> SCHEMES = Map.of(
            X9ObjectIdentifiers.ecdsa_with_SHA256, new Scheme("EC", "SHA256withECDSA"),
            X9ObjectIdentifiers.ecdsa_with_SHA384, new Scheme("EC", "SHA384withECDSA"),
            X9ObjectIdentifiers.ecdsa_with_SHA512, new Scheme("EC", "SHA512withECDSA"),
            PKCSObjectIdentifiers.sha256WithRSAEncryption, new Scheme("RSA", "SHA256withRSA"),
            PKCSObjectIdentifiers.sha384WithRSAEncryption, new Scheme("RSA", "SHA384withRSA"),
            PKCSObjectIdentifiers.sha512WithRSAEncryption, new Scheme("RSA", "SHA512withRSA"),
            EdECObjectIdentifiers.id_Ed25519, new Scheme("Ed25519", "Ed25519"));

    record Scheme(String keyType, String signature) {}

    /** What signs so; null for what is not believed. */
    static @Nullable Scheme scheme(ASN1ObjectIdentifier algorithm) {
        return SCHEMES.get(algorithm);
    }

    private final @Nullable Provider provider;

    SignatureCheck(@Nullable Provider provider) {
        this.provider = provider;
    }

    List<Violation> check(CertificationRequest request) {
        Scheme scheme = SCHEMES.get(request.signatureAlgorithm().getAlgorithm());
        if (scheme == null) {
            return List.of(new Violation(
                    "signature-algorithm",
                    "the request is signed with " + request.signatureAlgorithm().getAlgorithm()
                            + ", which is not ECDSA or RSA (PKCS #1 v1.5) with SHA-2, or Ed25519"));
        }
        return verifies(request, scheme)
                ? List.of()
                : List.of(new Violation("signature", "the request is not signed with the key that it holds"));
    }

    private boolean verifies(CertificationRequest request, Scheme scheme) {
        try {
            byte[] encoded = request.key().getEncoded();
            PublicKey key = keyFactory(scheme.keyType()).generatePublic(new X509EncodedKeySpec(encoded));
            Signature signature = signature(scheme.signature());
            signature.initVerify(key);
            signature.update(request.signed());
            return signature.verify(request.signature());
        } catch (GeneralSecurityException | java.io.IOException e) {
            return false;
        }
    }

    private KeyFactory keyFactory(String type) throws NoSuchAlgorithmException {
        return provider != null && provider.getService("KeyFactory", type) != null
                ? KeyFactory.getInstance(type, provider)
                : KeyFactory.getInstance(type);
    }

    private Signature signature(String algorithm) throws NoSuchAlgorithmException {
        return provider != null && provider.getService("Signature", algorithm) != null
                ? Signature.getInstance(algorithm, provider)
                : Signature.getInstance(algorithm);
    }
}
