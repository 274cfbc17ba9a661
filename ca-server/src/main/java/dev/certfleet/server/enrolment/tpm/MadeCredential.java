package dev.certfleet.server.enrolment.tpm;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;
import org.bouncycastle.util.BigIntegers;

/**
 * A secret that only the TPM can read which has both an endorsement key and the key of a name, which says all of that key's
 * attributes: what TPM2_MakeCredential does (part 1, section 24; part 3, section 12.6).
 *
 * @param credential TPM2B_ID_OBJECT
 * @param encryptedSecret TPM2B_ENCRYPTED_SECRET
 */
public record MadeCredential(byte[] credential, byte[] encryptedSecret) {
    /** Octets of a secret: no longer than the digest of the endorsement key's name algorithm. */
    public static final int LONGEST_SECRET = 32;

    private static final String IDENTITY = "IDENTITY";
    private static final int DIGEST_BITS = 256;
    private static final int AES_BITS = 128;

    /** A seed, and what the endorsement key makes it from. */
    private record Seed(byte[] seed, byte[] encrypted) {}

    /**
     * @param endorsementKey whose owner can open it
     * @param other the other key which that TPM has to have
     * @param secret at most {@link #LONGEST_SECRET} octets
     */
    public static MadeCredential of(
            TpmPublicKey endorsementKey, TpmPublicKey other, byte[] secret, SecureRandom random) {
        if (secret.length == 0 || secret.length > LONGEST_SECRET) {
            throw new IllegalArgumentException("a secret of " + secret.length + " octets");
        }
        try {
            Seed seed = endorsementKey.isRsa() ? rsa(endorsementKey, random) : ecc(endorsementKey, random);
            byte[] name = other.name();
            byte[] encrypted = encrypt(kdfa(seed.seed(), "STORAGE", name, AES_BITS), sized(secret));
            byte[] integrity = hmac(kdfa(seed.seed(), "INTEGRITY", new byte[0], DIGEST_BITS), encrypted, name);
            return new MadeCredential(sized(join(sized(integrity), encrypted)), sized(seed.encrypted()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("RSA-OAEP, AES and HMAC are part of every JDK", e);
        }
    }

    /** Part 1, section B.10.4: RSAES_OAEP of a random seed, with the label and its zero octet. */
    private static Seed rsa(TpmPublicKey key, SecureRandom random) throws GeneralSecurityException {
        byte[] seed = new byte[DIGEST_BITS / Byte.SIZE];
        random.nextBytes(seed);
        Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPPadding");
        cipher.init(
                Cipher.ENCRYPT_MODE,
                KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(key.subjectPublicKeyInfo())),
                new OAEPParameterSpec(
                        "SHA-256", "MGF1", MGF1ParameterSpec.SHA256, new PSource.PSpecified(label(IDENTITY))),
                random);
        return new Seed(seed, cipher.doFinal(seed));
    }

    /** Part 1, section C.6.4: the seed is derived from a Diffie-Hellman secret with a key that is made for this. */
    private static Seed ecc(TpmPublicKey key, SecureRandom random) throws GeneralSecurityException {
        BigInteger order = TpmPublicKey.p256().getN();
        BigInteger once = BigIntegers.createRandomInRange(BigInteger.ONE, order.subtract(BigInteger.ONE), random);
        ECPoint ephemeral = new FixedPointCombMultiplier()
                .multiply(TpmPublicKey.p256().getG(), once)
                .normalize();
        byte[] shared = x(key.point().multiply(once).normalize());
        byte[] ephemeralX = x(ephemeral);
        // KDFe (part 1, section 11.4.10.3): one round is enough for 256 bits
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        digest.update(uint32(1));
        digest.update(shared);
        digest.update(label(IDENTITY));
        digest.update(ephemeralX);
        byte[] seed = digest.digest(x(key.point().normalize()));
        byte[] y = BigIntegers.asUnsignedByteArray(
                TpmPublicKey.COORDINATE, ephemeral.getAffineYCoord().toBigInteger());
        return new Seed(seed, join(sized(ephemeralX), sized(y)));
    }

    private static byte[] x(ECPoint point) {
        return BigIntegers.asUnsignedByteArray(
                TpmPublicKey.COORDINATE, point.getAffineXCoord().toBigInteger());
    }

    /** KDFa (part 1, section 11.4.10.2) without a second context: one round of HMAC-SHA-256 is enough for 256 bits. */
    private static byte[] kdfa(byte[] key, String label, byte[] context, int bits) throws GeneralSecurityException {
        byte[] whole = hmac(key, uint32(1), label(label), context, uint32(bits));
        return Arrays.copyOf(whole, bits / Byte.SIZE);
    }

    /** AES-128 in CFB mode from an initialization vector of zeros, for each key is used once (part 1, section 24.4). */
    private static byte[] encrypt(byte[] key, byte[] plain) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/CFB/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(new byte[16]));
        return cipher.doFinal(plain);
    }

    private static byte[] hmac(byte[] key, byte[]... parts) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        for (byte[] part : parts) {
            mac.update(part);
        }
        return mac.doFinal();
    }

    /** Labels end with an octet of zero that counts (part 1, section 11.4.10.2). */
    private static byte[] label(String text) {
        return (text + "\0").getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] uint32(int value) {
        return new byte[] {(byte) (value >> 24), (byte) (value >> 16), (byte) (value >> 8), (byte) value};
    }

    private static byte[] sized(byte[] octets) {
        return join(new byte[] {(byte) (octets.length >> 8), (byte) octets.length}, octets);
    }

    private static byte[] join(byte[] one, byte[] other) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream(one.length + other.length);
        joined.writeBytes(one);
        joined.writeBytes(other);
        return joined.toByteArray();
    }
}
