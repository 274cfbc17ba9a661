package dev.certfleet.server.x509;

import dev.certfleet.pki.KeyAlgorithm;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509CertificateHolder;
import org.jspecify.annotations.Nullable;

/**
 * Which CA certificates made by others are taken as a cluster's authority. They need not be what certfleet would make: kubeadm's
 * lack cRLSign, name no status addresses, have RSA keys of 2048 bits and, of old, the serial 0. Rules: {@code authority-malformed},
 * {@code authority-not-a-ca}, {@code authority-key-usage}, {@code authority-ended}, {@code authority-not-yet-valid}, {@code
 * authority-chain}, {@code authority-serial}, and those of {@link KeyRules}.
 */
public final class AuthorityRules {
    /** The remark on a CA whose certificate does not let it sign CRLs (RFC 5280 section 4.2.1.3). */
    public static final String NO_CRL_SIGN = "no-crl-sign";

    /** The remark on a CA without a subject key identifier (RFC 5280 section 4.2.1.2). */
    public static final String NO_KEY_IDENTIFIER = "no-subject-key-identifier";

    private static final int MAX_SERIAL_OCTETS = 20;
    private static final int MAX_CHAIN = 4;
    private static final Set<KeyAlgorithm> ANY_KEY = EnumSet.allOf(KeyAlgorithm.class);

    private final KeyRules keyRules;

    public AuthorityRules(KeyRules keyRules) {
        this.keyRules = keyRules;
    }

    /**
     * Everything that is wrong with an authority; empty for a good one.
     *
     * @param certificates DER: the authority's own and, where it has not signed itself, the chain up to the one that has
     */
    public List<Violation> check(List<byte[]> certificates, Instant now) {
        if (certificates.isEmpty() || certificates.size() > MAX_CHAIN) {
            return List.of(new Violation("authority-chain", "1 to " + MAX_CHAIN + " certificates are taken"));
        }
        List<X509CertificateHolder> chain = new ArrayList<>();
        for (byte[] der : certificates) {
            X509CertificateHolder read = read(der);
            if (read == null) {
                return List.of(new Violation("authority-malformed", "a CA's certificate cannot be read"));
            }
            chain.add(read);
        }
        List<Violation> violations = new ArrayList<>();
        for (X509CertificateHolder authority : chain) {
            violations.addAll(ofOne(authority, now));
        }
        if (violations.isEmpty()) {
            violations.addAll(ofChain(chain));
        }
        return violations;
    }

    /** What is taken and has consequences; for a certificate that passed {@link #check}. */
    public static List<String> remarks(byte[] certificate) {
        X509CertificateHolder authority = read(certificate);
        List<String> remarks = new ArrayList<>();
        if (authority != null && !mayUse(authority, KeyUsage.cRLSign)) {
            remarks.add(NO_CRL_SIGN);
        }
        if (authority != null && authority.getExtension(Extension.subjectKeyIdentifier) == null) {
            remarks.add(NO_KEY_IDENTIFIER);
        }
        return remarks;
    }

    private List<Violation> ofOne(X509CertificateHolder authority, Instant now) {
        List<Violation> violations = new ArrayList<>();
        String name = authority.getSubject().toString();
        if (name.isEmpty()) {
            violations.add(new Violation("authority-malformed", "a CA has a name (RFC 5280 section 4.1.2.6)"));
        }
        BasicConstraints constraints = BasicConstraints.fromExtensions(authority.getExtensions());
        if (constraints == null || !constraints.isCA()) {
            violations.add(new Violation("authority-not-a-ca", name + " is no CA (RFC 5280 section 4.2.1.9)"));
        }
        if (!mayUse(authority, KeyUsage.keyCertSign)) {
            violations.add(new Violation(
                    "authority-key-usage", name + " may not sign certificates (RFC 5280 section 4.2.1.3)"));
        }
        if (authority.getNotBefore().toInstant().isAfter(now)) {
            violations.add(new Violation("authority-not-yet-valid", name + " is not valid yet"));
        }
        if (!authority.getNotAfter().toInstant().isAfter(now)) {
            violations.add(new Violation(
                    "authority-ended",
                    name + " ended at " + authority.getNotAfter().toInstant()));
        }
        if (authority.getSerialNumber().signum() < 0
                || authority.getSerialNumber().toByteArray().length > MAX_SERIAL_OCTETS) {
            violations.add(
                    new Violation("authority-serial", name + " has a negative serial, or one of more than 20 octets"));
        }
        violations.addAll(keyRules.check(authority.getSubjectPublicKeyInfo(), ANY_KEY));
        return violations;
    }

    /** Each is signed by the next, the last by itself (RFC 5280 section 6.1.3). */
    private static List<Violation> ofChain(List<X509CertificateHolder> chain) {
        for (int i = 0; i < chain.size(); i++) {
            X509CertificateHolder issuer = chain.get(Math.min(i + 1, chain.size() - 1));
            if (!isSignedBy(chain.get(i), issuer)) {
                return List.of(new Violation(
                        "authority-chain",
                        chain.get(i).getSubject() + " is not signed by " + issuer.getSubject()
                                + "; where a CA has not signed itself, its chain up to one that has follows it"));
            }
        }
        return List.of();
    }

    /** Whether a certificate is signed by the key of this CA, with an algorithm that is believed. */
    public static boolean isSignedBy(X509CertificateHolder certificate, X509CertificateHolder issuer) {
        try {
            if (!Arrays.equals(
                    certificate.getIssuer().getEncoded(), issuer.getSubject().getEncoded())) {
                return false;
            }
            SignatureCheck.Scheme scheme =
                    SignatureCheck.scheme(certificate.getSignatureAlgorithm().getAlgorithm());
            if (scheme == null) {
                return false;
            }
            PublicKey key = KeyFactory.getInstance(scheme.keyType())
                    .generatePublic(new X509EncodedKeySpec(
                            issuer.getSubjectPublicKeyInfo().getEncoded()));
            java.security.Signature signature = java.security.Signature.getInstance(scheme.signature());
            signature.initVerify(key);
            signature.update(certificate.toASN1Structure().getTBSCertificate().getEncoded());
            return signature.verify(certificate.getSignature());
        } catch (IOException | GeneralSecurityException e) {
            return false;
        }
    }

    /** Where there is no such extension, a key may be used for everything. */
    private static boolean mayUse(X509CertificateHolder authority, int use) {
        KeyUsage usage = KeyUsage.fromExtensions(authority.getExtensions());
        return usage == null || usage.hasUsages(use);
    }

    /** A certificate, one whole DER structure; null where it is none. */
    public static @Nullable X509CertificateHolder read(byte[] der) {
        try {
            X509CertificateHolder certificate = new X509CertificateHolder(der);
            certificate.getNotBefore();
            certificate.getNotAfter();
            return Arrays.equals(certificate.getEncoded(), der) ? certificate : null;
        } catch (IOException | RuntimeException e) {
            return null;
        }
    }
}
