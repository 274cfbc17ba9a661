package dev.certfleet.server.x509;

import java.security.Provider;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/** The only way to a certificate that can be signed. */
public final class Linter {
    private final @Nullable Provider provider;

    /** @param provider signs the twins; null for the platform's own */
    public Linter(@Nullable Provider provider) {
        this.provider = provider;
    }

    /**
     * Builds the certificate, signs a twin of it with a throwaway key, reads it back and checks it.
     *
     * @throws LintException where any check fails, with all that do
     */
    public LintedCertificate lint(
            CertificateContents contents, IssuerFacts issuer, Serial serial, SecureRandom random) {
        return Skeleton.missing(String.valueOf(provider));
    }
}
