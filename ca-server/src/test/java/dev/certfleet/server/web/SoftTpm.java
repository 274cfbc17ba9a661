package dev.certfleet.server.web;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.MGF1ParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1Sequence;

/** A TPM's part in an enrolment, written from the specification for tests; src/end-to-end has a real implementation. */
final class SoftTpm {
    static final int ENDORSEMENT = (1 << 1) | (1 << 4) | (1 << 5) | (1 << 7) | (1 << 16) | (1 << 17);
    static final int ATTESTATION = (1 << 1) | (1 << 4) | (1 << 5) | (1 << 6) | (1 << 16) | (1 << 18);

    final KeyPair endorsementKey;
    final KeyPair attestationKey;
    private final byte[] attestationArea;

    private SoftTpm(KeyPair endorsementKey, KeyPair attestationKey, int attributes) {
        this.endorsementKey = endorsementKey;
        this.attestationKey = attestationKey;
        this.attestationArea = area(attestationKey, attributes, true);
    }

    static SoftTpm rsa() {
        return of("RSA", ATTESTATION);
    }

    static SoftTpm ecc() {
        return of("EC", ATTESTATION);
    }

    /** With an attestation key of other attributes. */
    static SoftTpm of(String kind, int attributes) {
        return new SoftTpm(keys(kind), keys("EC"), attributes);
    }

    /** The same machine, with another attestation key. */
    SoftTpm again() {
        return new SoftTpm(endorsementKey, keys("EC"), ATTESTATION);
    }

    private static KeyPair keys(String kind) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(kind);
            if (kind.equals("RSA")) {
                generator.initialize(2048);
            } else {
                generator.initialize(new ECGenParameterSpec("secp256r1"));
            }
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    String fingerprint() {
        return java.util.HexFormat.of()
                .formatHex(sha256(endorsementKey.getPublic().getEncoded()));
    }

    byte[] endorsementPublic() {
        return sized(area(endorsementKey, ENDORSEMENT, false));
    }

    byte[] attestationPublic() {
        return sized(attestationArea);
    }

    private static byte[] area(KeyPair keys, int attributes, boolean signs) {
        byte[] symmetric = signs ? uint16(0x10) : join(uint16(6), uint16(128), uint16(0x43));
        byte[] policy = sized(new byte[signs ? 0 : 32]);
        return switch (keys.getPublic()) {
            case RSAPublicKey rsa ->
                join(
                        uint16(1),
                        uint16(0xb),
                        uint32(attributes),
                        policy,
                        symmetric,
                        uint16(0x10),
                        uint16(2048),
                        uint32(0),
                        sized(unsigned(rsa.getModulus(), 256)));
            case ECPublicKey ec ->
                join(
                        uint16(0x23),
                        uint16(0xb),
                        uint32(attributes),
                        policy,
                        symmetric,
                        signs ? join(uint16(0x18), uint16(0xb)) : uint16(0x10),
                        uint16(3),
                        uint16(0x10),
                        sized(unsigned(ec.getW().getAffineX(), 32)),
                        sized(unsigned(ec.getW().getAffineY(), 32)));
            default -> throw new IllegalStateException();
        };
    }

    /** TPM2_ActivateCredential; throws where the credential is not for both keys. */
    byte[] activate(byte[] credential, byte[] encryptedSecret) throws GeneralSecurityException {
        byte[] seed = seed(Arrays.copyOfRange(encryptedSecret, 2, encryptedSecret.length));
        byte[] name = join(uint16(0xb), sha256(attestationArea));
        byte[] integrity = Arrays.copyOfRange(credential, 4, 36);
        byte[] encrypted = Arrays.copyOfRange(credential, 36, credential.length);
        byte[] hmacKey = hmac(seed, join(uint32(1), ascii("INTEGRITY\0"), uint32(256)));
        if (!Arrays.equals(integrity, hmac(hmacKey, join(encrypted, name)))) {
            throw new GeneralSecurityException("TPM_RC_INTEGRITY");
        }
        byte[] key = Arrays.copyOf(hmac(seed, join(uint32(1), ascii("STORAGE\0"), name, uint32(128))), 16);
        Cipher cipher = Cipher.getInstance("AES/CFB/NoPadding");
        cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(new byte[16]));
        byte[] plain = cipher.doFinal(encrypted);
        return Arrays.copyOfRange(plain, 2, plain.length);
    }

    private byte[] seed(byte[] encrypted) throws GeneralSecurityException {
        if (endorsementKey.getPublic() instanceof RSAPublicKey) {
            Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPPadding");
            cipher.init(
                    Cipher.DECRYPT_MODE,
                    endorsementKey.getPrivate(),
                    new OAEPParameterSpec(
                            "SHA-256", "MGF1", MGF1ParameterSpec.SHA256, new PSource.PSpecified(ascii("IDENTITY\0"))));
            return cipher.doFinal(encrypted);
        }
        ECPublicKey own = (ECPublicKey) endorsementKey.getPublic();
        byte[] x = Arrays.copyOfRange(encrypted, 2, 34);
        byte[] y = Arrays.copyOfRange(encrypted, 36, 68);
        KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
        agreement.init(endorsementKey.getPrivate());
        agreement.doPhase(
                KeyFactory.getInstance("EC")
                        .generatePublic(new ECPublicKeySpec(
                                new ECPoint(new BigInteger(1, x), new BigInteger(1, y)), own.getParams())),
                true);
        return sha256(join(
                uint32(1),
                agreement.generateSecret(),
                ascii("IDENTITY\0"),
                x,
                unsigned(own.getW().getAffineX(), 32)));
    }

    /** TPMS_ATTEST of a quote. */
    static byte[] quote(byte[] qualifyingData) {
        return join(
                uint32(0xff544347),
                uint16(0x8018),
                sized(new byte[34]),
                sized(qualifyingData),
                new byte[25],
                uint32(1),
                uint16(0xb),
                new byte[] {3, 1, 0, 0},
                sized(new byte[32]));
    }

    /** TPMT_SIGNATURE by the attestation key. */
    byte[] sign(byte[] attested) {
        try {
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(attestationKey.getPrivate());
            signature.update(attested);
            ASN1Sequence both = ASN1Sequence.getInstance(signature.sign());
            return join(
                    uint16(0x18),
                    uint16(0xb),
                    sized(unsigned(ASN1Integer.getInstance(both.getObjectAt(0)).getValue(), 32)),
                    sized(unsigned(ASN1Integer.getInstance(both.getObjectAt(1)).getValue(), 32)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static String base64(byte[] octets) {
        return Base64.getEncoder().encodeToString(octets);
    }

    static byte[] sha256(byte[] octets) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(octets);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] hmac(byte[] key, byte[] message) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(message);
    }

    private static byte[] unsigned(BigInteger value, int length) {
        byte[] signed = value.toByteArray();
        byte[] fixed = new byte[length];
        int from = Math.max(0, signed.length - length);
        System.arraycopy(signed, from, fixed, length - (signed.length - from), signed.length - from);
        return fixed;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] uint16(int value) {
        return new byte[] {(byte) (value >> 8), (byte) value};
    }

    private static byte[] uint32(int value) {
        return new byte[] {(byte) (value >> 24), (byte) (value >> 16), (byte) (value >> 8), (byte) value};
    }

    private static byte[] sized(byte[] octets) {
        return join(uint16(octets.length), octets);
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }
}
