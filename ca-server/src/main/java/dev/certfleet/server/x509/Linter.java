package dev.certfleet.server.x509;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.server.x509.lint.Lints;
import dev.certfleet.server.x509.lint.Twin;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.bouncycastle.cert.X509CertificateHolder;
import org.jspecify.annotations.Nullable;

/**
 * The only way to a certificate that can be signed. Builds the TBSCertificate once, signs a twin of it with a throwaway key of
 * the issuer's algorithm, reads the twin back as a relying party would (Bouncy Castle and the JDK) and runs every lint on it.
 *
 * <p>Throwaway keys are made once for each algorithm and instance and never leave it: an RSA key for every certificate would cost
 * more than all the rest. They sign nothing but twins, which are dropped.
 */
public final class Linter {
    private final @Nullable Provider provider;
    private final ConcurrentMap<KeyAlgorithm, PrivateKey> throwawayKeys = new ConcurrentHashMap<>();

    /** @param provider signs the twins; null for the platform's own */
    public Linter(@Nullable Provider provider) {
        this.provider = provider;
    }

    /**
     * The certificate for the given contents, ready to be signed once.
     *
     * @throws LintException where any lint fails, with all that do
     */
    public LintedCertificate lint(
            CertificateContents contents, IssuerFacts issuer, Serial serial, SecureRandom random) {
        byte[] tbs = CertificateWriter.write(contents, issuer, serial);
        byte[] twin = Signed.assemble(tbs, issuer.signatureAlgorithm(), sign(tbs, issuer.keyAlgorithm(), random));
        List<Violation> findings = Lints.check(new Twin(readBack(twin), contents, issuer));
        if (!findings.isEmpty()) {
            throw new LintException(findings);
        }
        return new LintedCertificate(contents, serial, tbs, issuer.signatureAlgorithm());
    }

    private byte[] sign(byte[] tbs, KeyAlgorithm algorithm, SecureRandom random) {
        PrivateKey key = throwawayKeys.computeIfAbsent(algorithm, wanted -> generate(wanted, random));
        try {
            Signature signature = provider != null && provider.getService("Signature", algorithm.signature()) != null
                    ? Signature.getInstance(algorithm.signature(), provider)
                    : Signature.getInstance(algorithm.signature());
            signature.initSign(key);
            signature.update(tbs);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("no signature by a throwaway " + algorithm.label() + " key", e);
        }
    }

    private static PrivateKey generate(KeyAlgorithm algorithm, SecureRandom random) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm.generator());
            generator.initialize(algorithm.parameters(), random);
            return generator.generateKeyPair().getPrivate();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("no throwaway " + algorithm.label() + " key", e);
        }
    }

    private static X509CertificateHolder readBack(byte[] twin) {
        try {
            CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(twin));
            return new X509CertificateHolder(twin);
        } catch (GeneralSecurityException | IOException e) {
            throw new LintException(List.of(new Violation("readable", "it cannot be read back: " + e.getMessage())));
        }
    }
}
