package dev.certfleet.server.installation;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Set;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The key that seals every private key in the database: AES-256-GCM with a fresh 96-bit nonce (NIST SP 800-38D). It lives
 * in a file of mode 0600 outside the database: whoever has one of the two has nothing.
 */
public final class SealingKey {
    private static final String HEADER = "certfleet-sealing-key-v1:";
    private static final int KEY_BYTES = 32;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    private final SecretKeySpec key;
    private final SecureRandom random;

    private SealingKey(byte[] key, SecureRandom random) {
        this.key = new SecretKeySpec(key, "AES");
        this.random = random;
    }

    /**
     * @param nonce 12 octets
     * @param ciphertext with the 16 octets of the authentication tag at its end
     */
    public record Sealed(byte[] nonce, byte[] ciphertext) {}

    /** Makes a new key and the text of its file. */
    static byte[] newFile(SecureRandom random) {
        byte[] key = new byte[KEY_BYTES];
        random.nextBytes(key);
        byte[] text = (HEADER + Base64.getEncoder().encodeToString(key) + "\n").getBytes(StandardCharsets.US_ASCII);
        Arrays.fill(key, (byte) 0);
        return text;
    }

    /** @throws CannotStart where the file is missing, readable by others, or not a sealing key */
    static SealingKey read(Path file, SecureRandom random) {
        try {
            Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
            if (mode.stream().anyMatch(permission -> !permission.name().startsWith("OWNER_"))) {
                throw new CannotStart("the sealing key " + file + " can be read by others; chmod 600 it, and consider "
                        + "whether somebody has");
            }
            String text = Files.readString(file, StandardCharsets.US_ASCII).strip();
            byte[] key = text.startsWith(HEADER) ? Base64.getDecoder().decode(text.substring(HEADER.length())) : null;
            if (key == null || key.length != KEY_BYTES) {
                throw new CannotStart("the file " + file + " is not a certfleet sealing key");
            }
            return new SealingKey(key, random);
        } catch (IllegalArgumentException e) {
            throw new CannotStart("the file " + file + " is not a certfleet sealing key");
        } catch (IOException e) {
            throw new CannotStart("the sealing key " + file + " cannot be read: " + e, e);
        }
    }

    /** @param context what the plaintext is for; opening with another context fails */
    public Sealed seal(byte[] plaintext, byte[] context) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            return new Sealed(nonce, cipher(Cipher.ENCRYPT_MODE, nonce, context).doFinal(plaintext));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-256-GCM is part of every JDK", e);
        }
    }

    /** @throws IllegalStateException where it was sealed with another key or context, or was changed since */
    public byte[] open(Sealed sealed, byte[] context) {
        try {
            return cipher(Cipher.DECRYPT_MODE, sealed.nonce(), context).doFinal(sealed.ciphertext());
        } catch (AEADBadTagException e) {
            throw new IllegalStateException(
                    "a sealed key does not open: it was changed, or sealed with another key", e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-256-GCM is part of every JDK", e);
        }
    }

    /** Tells whether two servers have the same sealing key without telling anything about it: HMAC-SHA-256. */
    public byte[] check() {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key.getEncoded(), "HmacSHA256"));
            return mac.doFinal("certfleet sealing key check".getBytes(StandardCharsets.US_ASCII));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HmacSHA256 is part of every JDK", e);
        }
    }

    /**
     * A key for another use, which tells nothing of this one (HKDF-SHA-256, RFC 5869).
     *
     * @param use names the use: the same gives the same key, on every server that has this sealing key
     */
    public SecretKey derive(String use) {
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveKey(
                            "HmacSHA256",
                            HKDFParameterSpec.ofExtract()
                                    .addIKM(key)
                                    .thenExpand(use.getBytes(StandardCharsets.US_ASCII), KEY_BYTES));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HKDF-SHA256 is part of every JDK", e);
        }
    }

    private Cipher cipher(int mode, byte[] nonce, byte[] context) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(context);
        return cipher;
    }
}
