package dev.certfleet.server.x509;

import dev.certfleet.pki.ProfileName;
import java.security.Provider;
import org.jspecify.annotations.Nullable;

/** Turns (profile, holder, request) into the contents of a certificate, or into all the violations at once. */
public final class Profiles {
    private final KeyRules keyRules;
    private final @Nullable Provider provider;

    /** @param provider verifies the signatures of requests; null for the platform's own */
    public Profiles(KeyRules keyRules, @Nullable Provider provider) {
        this.keyRules = keyRules;
        this.provider = provider;
    }

    /** The contents of a certificate for what the holder asks for, or every reason against it. */
    public Result contents(
            ProfileName profile,
            Holder holder,
            CertificationRequest request,
            ValidityRequest validity,
            AuthorityUrls urls) {
        return Skeleton.missing(keyRules, String.valueOf(provider));
    }

    /** The names that {@link #contents} would put into the certificate. */
    public ExpectedNames expectedNames(ProfileName profile, Holder holder) {
        return Skeleton.missing();
    }
}
