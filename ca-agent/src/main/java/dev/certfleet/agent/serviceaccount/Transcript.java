package dev.certfleet.agent.serviceaccount;

import dev.certfleet.pki.wire.KeyRequest;
import dev.certfleet.pki.wire.SealedKey;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;

/**
 * What is signed, and what a sealing is bound to: each part with its length before it, so that no two are spelled alike. The
 * first says what it is for, so that a signature counts for nothing else.
 */
final class Transcript {
    private Transcript() {}

    /** What a node signs that asks. */
    static byte[] of(String cluster, KeyRequest request) {
        return of("certfleet service-account key 1: request", cluster, request.node(), request.agreementKey());
    }

    /**
     * What the key of a sealing is derived under, and what its ciphertext is authentic with.
     *
     * @param publicKey the fingerprint of the sealed pair's public key
     */
    static byte[] of(String cluster, String publicKey, SealedKey sealed) {
        return of(
                "certfleet service-account key 1: sealing",
                cluster,
                publicKey,
                sealed.receiver(),
                sealed.agreementKey(),
                sealed.sender(),
                sealed.ephemeralKey());
    }

    /** What a node signs that seals. */
    static byte[] signed(String cluster, String publicKey, SealedKey sealed) {
        return of(
                "certfleet service-account key 1: sealed",
                new String(of(cluster, publicKey, sealed), java.nio.charset.StandardCharsets.ISO_8859_1),
                sealed.ciphertext());
    }

    private static byte[] of(String... parts) {
        try (ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                DataOutputStream output = new DataOutputStream(bytes)) {
            for (String part : parts) {
                byte[] encoded = part.getBytes(java.nio.charset.StandardCharsets.UTF_8);
                output.writeInt(encoded.length);
                output.write(encoded);
            }
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException("memory takes what is written to it", e);
        }
    }

    static byte[] decode(String base64) {
        return Base64.getDecoder().decode(base64);
    }

    static String encode(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
