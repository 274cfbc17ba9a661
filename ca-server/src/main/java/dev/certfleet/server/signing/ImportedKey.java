package dev.certfleet.server.signing;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.server.x509.KeyAlgorithms;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;

/** A CA's private key that was made elsewhere: read, found to belong to the CA, and then handed to {@link SigningKeys#take}. */
public final class ImportedKey {
    private static final byte[] PROOF =
            "certfleet: does this key belong to that CA".getBytes(StandardCharsets.US_ASCII);

    private final KeyAlgorithm algorithm;
    private final KeyPair pair;

    private ImportedKey(KeyAlgorithm algorithm, KeyPair pair) {
        this.algorithm = algorithm;
        this.pair = pair;
    }

    /**
     * Reads the one private key of a PEM text: PKCS#8, or the older forms of RSA (RFC 8017 appendix A.1.2) and EC keys (RFC
     * 5915), as kubeadm writes them; not encrypted.
     *
     * @param publicKey the CA's; the key has to belong to it
     * @throws IllegalArgumentException where there is none that can be used; the message says nothing of the text
     */
    public static ImportedKey read(String pem, SubjectPublicKeyInfo publicKey) {
        KeyAlgorithm algorithm = KeyAlgorithms.of(publicKey)
                .orElseThrow(() -> new IllegalArgumentException("the CA's key is of no kind that is known"));
        byte[] pkcs8 = pkcs8(pem, publicKey);
        try {
            KeyPair pair = new KeyPair(
                    Signatures.publicKey(algorithm, publicKey.getEncoded()), Signatures.privateKey(algorithm, pkcs8));
            byte[] signature = Signatures.sign(algorithm, pair.getPrivate(), PROOF);
            if (Signatures.verify(algorithm, pair.getPublic(), PROOF, signature)) {
                return new ImportedKey(algorithm, pair);
            }
        } catch (IOException | IllegalStateException e) {
            // Of another kind than the CA's key is: said below, without what the provider says of it
        } finally {
            Arrays.fill(pkcs8, (byte) 0);
        }
        throw new IllegalArgumentException("the key is not that of the CA's certificate");
    }

    /** @param publicKey tells the algorithm: the older forms may leave it out */
    private static byte[] pkcs8(String pem, SubjectPublicKeyInfo publicKey) {
        List<PrivateKeyInfo> found;
        try (PEMParser parser = new PEMParser(new StringReader(pem))) {
            found = new java.util.ArrayList<>();
            for (Object next = parser.readObject(); next != null; next = parser.readObject()) {
                switch (next) {
                    case PrivateKeyInfo key -> found.add(key);
                    case PEMKeyPair key ->
                        found.add(new PrivateKeyInfo(
                                publicKey.getAlgorithm(),
                                key.getPrivateKeyInfo().parsePrivateKey()));
                    default -> {} // EC parameters stand before the key in what OpenSSL writes
                }
            }
            if (found.size() == 1) {
                return found.getFirst().getEncoded();
            }
        } catch (IOException | RuntimeException e) {
            throw new IllegalArgumentException("the private key cannot be read");
        }
        throw new IllegalArgumentException("one private key is needed, PEM and not encrypted");
    }

    KeyAlgorithm algorithm() {
        return algorithm;
    }

    KeyPair pair() {
        return pair;
    }

    @Override
    public String toString() {
        return "imported key";
    }
}
