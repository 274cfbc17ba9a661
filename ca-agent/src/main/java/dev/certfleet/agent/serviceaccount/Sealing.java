package dev.certfleet.agent.serviceaccount;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.identity.Identity;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.wire.KeyRequest;
import dev.certfleet.pki.wire.SealedKey;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.KeyAgreement;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * Seals the pair for one node and opens it there: ECDH over P-256 with a key of the receiver's and one of the sender's that
 * are made for this once, HKDF-SHA256 (RFC 5869), AES-256-GCM; both sides signed by the nodes' identities. Each key encrypts
 * one message, so that the nonce can be the same.
 */
final class Sealing {
    private static final String CURVE = "secp256r1";
    private static final int TAG_BITS = 128;
    private static final byte[] NONCE = new byte[12];
    private static final int KEY_OCTETS = 32;
    private static final String SEPARATOR = "\0";

    private final Peers peers;

    Sealing(Peers peers) {
        this.peers = peers;
    }

    /** A key of one agreement. */
    static KeyPair agreementKey(SecureRandom random) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(CURVE), random);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK cannot make a P-256 key", e);
        }
    }

    /** What this node asks with. */
    KeyRequest request(Identity self, PublicKey agreementKey) throws GeneralSecurityException {
        KeyRequest unsigned =
                new KeyRequest(self.nodeName(), certificate(self), Transcript.encode(agreementKey.getEncoded()), "");
        byte[] signature = Peers.sign(self, Transcript.of(peers.cluster(), unsigned));
        return new KeyRequest(
                unsigned.node(), unsigned.certificate(), unsigned.agreementKey(), Transcript.encode(signature));
    }

    /** @throws GeneralSecurityException where it was not that node of this cluster that asked */
    SealedKey seal(KeyRequest request, Pair pair, Identity self, Instant now, SecureRandom random)
            throws GeneralSecurityException {
        X509Certificate receiver = peers.identity(request.node(), request.certificate(), now);
        Peers.requireSigned(receiver, Transcript.of(peers.cluster(), request), Transcript.decode(request.signature()));
        KeyPair ephemeral = agreementKey(random);
        SealedKey head = new SealedKey(
                request.node(),
                request.agreementKey(),
                self.nodeName(),
                certificate(self),
                Transcript.encode(ephemeral.getPublic().getEncoded()),
                "",
                "");
        byte[] bound = Transcript.of(peers.cluster(), pair.fingerprint(), head);
        byte[] plain = (pair.privateKey() + SEPARATOR + pair.publicKey()).getBytes(US_ASCII);
        byte[] ciphertext =
                crypt(Cipher.ENCRYPT_MODE, ephemeral.getPrivate(), publicKey(request.agreementKey()), bound, plain);
        Arrays.fill(plain, (byte) 0);
        SealedKey unsigned = with(head, Transcript.encode(ciphertext), "");
        byte[] signature = Peers.sign(self, Transcript.signed(peers.cluster(), pair.fingerprint(), unsigned));
        return with(unsigned, unsigned.ciphertext(), Transcript.encode(signature));
    }

    /**
     * @param publicKey the fingerprint of the pair that it has to be
     * @throws GeneralSecurityException where no node of this cluster sealed exactly that, for this node
     */
    Pair open(SealedKey sealed, String publicKey, PrivateKey agreementKey, Identity self, Instant now)
            throws GeneralSecurityException {
        X509Certificate sender = peers.identity(sealed.sender(), sealed.certificate(), now);
        if (!sealed.receiver().equals(self.nodeName())) {
            throw new GeneralSecurityException("it is sealed for " + sealed.receiver());
        }
        Peers.requireSigned(
                sender, Transcript.signed(peers.cluster(), publicKey, sealed), Transcript.decode(sealed.signature()));
        byte[] plain = crypt(
                Cipher.DECRYPT_MODE,
                agreementKey,
                publicKey(sealed.ephemeralKey()),
                Transcript.of(peers.cluster(), publicKey, sealed),
                Transcript.decode(sealed.ciphertext()));
        List<String> files = List.of(new String(plain, US_ASCII).split(SEPARATOR, -1));
        Arrays.fill(plain, (byte) 0);
        try {
            Pair pair = new Pair(files.getFirst(), files.getLast()).checked();
            if (files.size() == 2 && pair.fingerprint().equals(publicKey)) {
                return pair;
            }
        } catch (IllegalArgumentException e) {
            throw new GeneralSecurityException("what is sealed is no pair", e);
        }
        throw new GeneralSecurityException("what is sealed is another pair");
    }

    private static byte[] crypt(int mode, PrivateKey own, PublicKey other, byte[] bound, byte[] input)
            throws GeneralSecurityException {
        KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
        agreement.init(own);
        agreement.doPhase(other, true);
        byte[] shared = agreement.generateSecret();
        SecretKey key = KDF.getInstance("HKDF-SHA256")
                .deriveKey("AES", HKDFParameterSpec.ofExtract().addIKM(shared).thenExpand(bound, KEY_OCTETS));
        Arrays.fill(shared, (byte) 0);
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, NONCE));
        cipher.updateAAD(bound);
        return cipher.doFinal(input);
    }

    private static PublicKey publicKey(String base64) throws GeneralSecurityException {
        return KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(Transcript.decode(base64)));
    }

    private static String certificate(Identity self) {
        return Certificates.pem(List.of(self.credential().certificate()));
    }

    private static SealedKey with(SealedKey sealed, String ciphertext, String signature) {
        return new SealedKey(
                sealed.receiver(),
                sealed.agreementKey(),
                sealed.sender(),
                sealed.certificate(),
                sealed.ephemeralKey(),
                ciphertext,
                signature);
    }
}
