package dev.certfleet.server.x509;

import dev.certfleet.pki.ProfileName;
import java.time.Duration;
import java.time.Instant;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.jspecify.annotations.Nullable;

/** Everything a certificate will say, before it has a serial and an issuer. Only this package makes them. */
public final class CertificateContents implements Result {
    /** What a certificate is for, which decides its extensions. */
    public enum Kind {
        LEAF,
        OCSP_RESPONDER,
        AUTHORITY
    }

    private final Kind kind;
    private final @Nullable ProfileName profile;
    private final Subject subject;
    private final SubjectAlternativeNames names;
    private final Validity validity;
    private final SubjectPublicKeyInfo key;
    private final @Nullable AuthorityUrls urls;

    CertificateContents(
            Kind kind,
            @Nullable ProfileName profile,
            Subject subject,
            SubjectAlternativeNames names,
            Validity validity,
            SubjectPublicKeyInfo key,
            @Nullable AuthorityUrls urls) {
        this.kind = kind;
        this.profile = profile;
        this.subject = subject;
        this.names = names;
        this.validity = validity;
        this.key = key;
        this.urls = urls;
    }

    /** A self-signed authority: 10 years from now, backdated 5 minutes, no authority below it. */
    public static CertificateContents authority(Subject subject, SubjectPublicKeyInfo key, Instant now) {
        return Skeleton.missing();
    }

    /** A delegated OCSP responder's certificate (RFC 6960 section 4.2.2.2), without revocation checks of its own. */
    public static CertificateContents ocspResponder(
            Subject subject,
            SubjectPublicKeyInfo key,
            Instant now,
            Instant authorityNotAfter,
            Duration lifetime,
            AuthorityUrls urls) {
        return Skeleton.missing();
    }

    public Kind kind() {
        return kind;
    }

    /** The profile of a leaf; null for an authority or an OCSP responder. */
    public @Nullable ProfileName profile() {
        return profile;
    }

    public Subject subject() {
        return subject;
    }

    public SubjectAlternativeNames names() {
        return names;
    }

    public Validity validity() {
        return validity;
    }

    public SubjectPublicKeyInfo key() {
        return key;
    }

    /** Null for a self-signed authority. */
    public @Nullable AuthorityUrls urls() {
        return urls;
    }
}
