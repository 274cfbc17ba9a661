package dev.certfleet.server.signing;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.Pem;
import dev.certfleet.server.x509.CertificationRequest;
import dev.certfleet.server.x509.ParsedRequest;
import dev.certfleet.server.x509.Subject;
import dev.certfleet.server.x509.Violations;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/** A key that belongs on this machine, in a file of mode 0600: the server's TLS key, or a credential made here. */
public final class LocalKey {
    private static final KeyAlgorithm ALGORITHM = KeyAlgorithm.P256;

    private final PrivateKey privateKey;

    private LocalKey(PrivateKey privateKey) {
        this.privateKey = privateKey;
    }

    /**
     * A new key and a request for a certificate.
     *
     * @param key the key
     * @param request its PKCS#10 request
     */
    public record WithRequest(LocalKey key, CertificationRequest request) {}

    /** Makes a P-256 key and a request for a certificate with this subject. */
    public static WithRequest create(Subject subject) {
        KeyPair pair = Signatures.generate(ALGORITHM);
        try {
            byte[] request = new JcaPKCS10CertificationRequestBuilder(subject.toName(), pair.getPublic())
                    .build(new JcaContentSignerBuilder(ALGORITHM.signature())
                            .setProvider(Signatures.provider())
                            .build(pair.getPrivate()))
                    .getEncoded();
            ParsedRequest parsed = CertificationRequest.parse(request);
            return switch (parsed) {
                case CertificationRequest checked -> new WithRequest(new LocalKey(pair.getPrivate()), checked);
                case Violations violations -> throw new IllegalStateException("own request refused: " + violations);
            };
        } catch (OperatorCreationException | IOException e) {
            throw new IllegalStateException("a request cannot be made: " + e.getMessage(), e);
        }
    }

    /**
     * Reads the first private key of a PEM text.
     *
     * @throws GeneralSecurityException where there is none that can be read
     */
    public static LocalKey read(String pem) throws GeneralSecurityException {
        return Pem.decode(pem, Pem.PRIVATE_KEY).stream()
                .findFirst()
                .map(pkcs8 -> new LocalKey(Signatures.privateKey(ALGORITHM, pkcs8)))
                .orElseThrow(() -> new GeneralSecurityException("there is no private key in it"));
    }

    /** PKCS#8 in PEM, for a file of mode 0600. */
    public String pem() {
        return Pem.encode(Pem.PRIVATE_KEY, privateKey.getEncoded());
    }

    /** What a TLS server shows this key's certificate with. */
    public X509ExtendedKeyManager keyManager(List<X509Certificate> chain) throws GeneralSecurityException {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("tls", privateKey, new char[0], chain.toArray(X509Certificate[]::new));
            KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(store, new char[0]);
            return (X509ExtendedKeyManager) factory.getKeyManagers()[0];
        } catch (IOException e) {
            throw new GeneralSecurityException(e);
        }
    }
}
