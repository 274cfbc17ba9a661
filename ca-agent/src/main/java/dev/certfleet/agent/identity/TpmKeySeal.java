package dev.certfleet.agent.identity;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.tpm.Tpm;
import dev.certfleet.pki.Pem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the identity key under the machine's TPM: it is encrypted with AES-256-GCM (NIST SP 800-38D) under a key of its own
 * that only this TPM unseals. A copy of the disk is worth nothing elsewhere. Each sealed key carries all that opens it, so that
 * one rename() still changes everything.
 */
public final class TpmKeySeal implements KeySeal {
    private static final int KEY = 32;
    private static final int NONCE = 12;
    private static final int TAG_BITS = 128;
    private static final byte[] CONTEXT = "certfleet identity key v1".getBytes(US_ASCII);

    private final Tpm tpm;
    private final SecureRandom random;
    /** The last one that was opened: the gate's process looks for a renewed identity every few seconds. */
    private @Nullable Opened last;

    private record Opened(byte[] sealed, String pem) {}

    public TpmKeySeal(Tpm tpm, SecureRandom random) {
        this.tpm = tpm;
        this.random = random;
    }

    @Override
    public String seal(String pem) {
        byte[] key = new byte[KEY];
        byte[] nonce = new byte[NONCE];
        random.nextBytes(key);
        random.nextBytes(nonce);
        try {
            Tpm.Sealed sealed = tpm.seal(key);
            ByteArrayOutputStream block = new ByteArrayOutputStream();
            part(block, sealed.publicPart());
            part(block, sealed.privatePart());
            block.writeBytes(nonce);
            block.writeBytes(cipher(Cipher.ENCRYPT_MODE, key, nonce).doFinal(pem.getBytes(US_ASCII)));
            return Pem.encode(LABEL, block.toByteArray());
        } catch (IOException e) {
            throw new Trouble(ExitCode.FILES, "the TPM cannot seal this node's identity key: " + Trouble.oneLine(e), e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-256-GCM is part of every JDK", e);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    @Override
    public synchronized String open(String text) {
        if (!KeySeal.isSealed(text)) {
            return text;
        }
        byte[] sealed = KeySeal.block(text);
        Opened opened = last;
        if (opened == null || !Arrays.equals(sealed, opened.sealed())) {
            opened = new Opened(sealed, unseal(sealed));
            last = opened;
        }
        String end = "-----END " + LABEL + "-----";
        return opened.pem() + text.substring(text.indexOf(end) + end.length()).stripLeading();
    }

    private String unseal(byte[] block) {
        try {
            ByteBuffer in = ByteBuffer.wrap(block);
            Tpm.Sealed sealed = new Tpm.Sealed(part(in), part(in));
            byte[] nonce = new byte[NONCE];
            in.get(nonce);
            byte[] ciphertext = new byte[in.remaining()];
            in.get(ciphertext);
            byte[] key = tpm.unseal(sealed);
            return new String(cipher(Cipher.DECRYPT_MODE, key, nonce).doFinal(ciphertext), US_ASCII);
        } catch (IOException e) {
            throw new Trouble(
                    ExitCode.FILES,
                    "this machine's TPM does not open this node's identity key: " + Trouble.oneLine(e)
                            + "; where it was cleared or the disk comes from another machine, have the server allow a"
                            + " reinstall and run 'ca-agent enrol --again'",
                    e);
        } catch (GeneralSecurityException | BufferUnderflowException | NegativeArraySizeException e) {
            throw new Trouble(ExitCode.FILES, "the sealed identity key is damaged: " + Trouble.oneLine(e), e);
        }
    }

    private static void part(ByteArrayOutputStream out, byte[] part) {
        out.write(part.length >> 8);
        out.write(part.length);
        out.writeBytes(part);
    }

    private static byte[] part(ByteBuffer in) {
        byte[] part = new byte[Short.toUnsignedInt(in.getShort())];
        in.get(part);
        return part;
    }

    private static Cipher cipher(int mode, byte[] key, byte[] nonce) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(CONTEXT);
        return cipher;
    }
}
