package dev.certfleet.server.x509;

import dev.certfleet.pki.ProfileName;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Set;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.jspecify.annotations.Nullable;

/** Everything a certificate will say, before it has a serial and an issuer. Only this package makes them. */
public final class CertificateContents implements Result {
    /** How far the beginning of every certificate is set back, for relying parties whose clocks are behind. */
    public static final Duration BACKDATING = Duration.ofMinutes(5);

    /** How many years an authority lives. */
    public static final int AUTHORITY_YEARS = 10;

    /** What a certificate is for, which decides its extensions. */
    public enum Kind {
        LEAF,
        OCSP_RESPONDER,
        AUTHORITY,
        /** The key of an authority, certified by the generation before it. */
        CROSS_CERTIFIED
    }

    private final Kind kind;
    private final @Nullable ProfileName profile;
    private final Subject subject;
    private final SubjectAlternativeNames names;
    private final Validity validity;
    private final SubjectPublicKeyInfo key;
    private final Set<KeyUse> keyUses;
    private final Set<Purpose> purposes;
    private final @Nullable AuthorityUrls urls;

    CertificateContents(
            Kind kind,
            @Nullable ProfileName profile,
            Subject subject,
            SubjectAlternativeNames names,
            Validity validity,
            SubjectPublicKeyInfo key,
            Set<KeyUse> keyUses,
            Set<Purpose> purposes,
            @Nullable AuthorityUrls urls) {
        this.kind = kind;
        this.profile = profile;
        this.subject = subject;
        this.names = names;
        this.validity = validity;
        this.key = key;
        this.keyUses = Set.copyOf(keyUses);
        this.purposes = Set.copyOf(purposes);
        this.urls = urls;
    }

    /** A self-signed authority: {@value #AUTHORITY_YEARS} years from now, backdated, no authority below it. */
    public static CertificateContents authority(Subject subject, SubjectPublicKeyInfo key, Instant now) {
        Instant end = now.atOffset(ZoneOffset.UTC).plusYears(AUTHORITY_YEARS).toInstant();
        return new CertificateContents(
                Kind.AUTHORITY,
                null,
                subject,
                SubjectAlternativeNames.NONE,
                new Validity(now.minus(BACKDATING), end),
                key,
                Set.of(KeyUse.KEY_CERT_SIGN, KeyUse.CRL_SIGN),
                Set.of(),
                null);
    }

    /**
     * A delegated OCSP responder's certificate (RFC 6960 section 4.2.2.2): directly below the authority it answers for, with
     * {@code id-pkix-ocsp-nocheck} (section 4.2.2.2.1) and therefore short-lived.
     *
     * @param lifetime cut where the authority ends
     */
    public static CertificateContents ocspResponder(
            Subject subject,
            SubjectPublicKeyInfo key,
            Instant now,
            Instant authorityNotAfter,
            Duration lifetime,
            AuthorityUrls urls) {
        Instant end = now.plus(lifetime);
        return new CertificateContents(
                Kind.OCSP_RESPONDER,
                null,
                subject,
                SubjectAlternativeNames.NONE,
                new Validity(now.minus(BACKDATING), end.isAfter(authorityNotAfter) ? authorityNotAfter : end),
                key,
                Set.of(KeyUse.DIGITAL_SIGNATURE),
                Set.of(Purpose.OCSP_SIGNING),
                urls);
    }

    /**
     * Certifies the key of the next generation under its name (newWithOld of RFC 4210 section 4.4), so that who trusts only the
     * generation before can follow. It says nothing of how many authorities may be below: it can be above the next one of these.
     *
     * @param successor the next generation
     * @param issuerNotAfter the end of the generation before, which it does not outlive
     */
    public static CertificateContents crossCertified(
            CertificateContents successor, Instant now, Instant issuerNotAfter) {
        Instant end = successor.validity().notAfter();
        return new CertificateContents(
                Kind.CROSS_CERTIFIED,
                null,
                successor.subject(),
                SubjectAlternativeNames.NONE,
                new Validity(now.minus(BACKDATING), end.isAfter(issuerNotAfter) ? issuerNotAfter : end),
                successor.key(),
                successor.keyUses(),
                Set.of(),
                null);
    }

    public Kind kind() {
        return kind;
    }

    /** The profile of a leaf; null for any other kind. */
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

    public Set<KeyUse> keyUses() {
        return keyUses;
    }

    /** Empty for an authority. */
    public Set<Purpose> purposes() {
        return purposes;
    }

    /** Null for an authority. */
    public @Nullable AuthorityUrls urls() {
        return urls;
    }
}
