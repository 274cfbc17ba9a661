package dev.certfleet.agent;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.testing.TestCrl;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A CA of Bouncy Castle's, with its certificate. */
final class TestAuthority {
    private static final SecureRandom RANDOM = new SecureRandom();

    private final X500Name name;
    private final KeyPair keys;
    private final X509Certificate certificate;

    TestAuthority(String commonName, Instant now) {
        this(commonName, now, Duration.ofDays(3650));
    }

    TestAuthority(String commonName, Instant now, Duration life) {
        this.name = new X500Name("CN=" + commonName);
        this.keys = newKeys();
        this.certificate = sign(
                SubjectPublicKeyInfo.getInstance(keys.getPublic().getEncoded()),
                name,
                now.minus(Duration.ofMinutes(5)),
                now.plus(life),
                true,
                List.of());
    }

    /** This authority's key certified by the one before: newWithOld of RFC 4210 section 4.4. */
    X509Certificate certifiedBy(TestAuthority before, Instant now, Duration life) {
        return before.sign(
                SubjectPublicKeyInfo.getInstance(keys.getPublic().getEncoded()),
                name,
                now.minus(Duration.ofMinutes(5)),
                now.plus(life),
                true,
                List.of());
    }

    static KeyPair newKeys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    X509Certificate certificate() {
        return certificate;
    }

    /** A full CRL that lists these. */
    byte[] crl(long number, Collection<BigInteger> revoked, Instant now) {
        TestCrl crl = TestCrl.of(certificate, keys.getPrivate(), number, now);
        revoked.forEach(crl::revokes);
        return crl.der();
    }

    String pem() {
        return Certificates.pem(List.of(certificate));
    }

    String fingerprint() {
        return Certificates.fingerprint(certificate);
    }

    /** A pair of its own, with an IP address as its name. */
    dev.certfleet.agent.server.Credential credential(String subject, Instant now, Duration life, String address) {
        KeyPair pair = newKeys();
        X509Certificate issued = issue(
                SubjectPublicKeyInfo.getInstance(pair.getPublic().getEncoded()),
                subject,
                now,
                life,
                List.of(new GeneralName(GeneralName.iPAddress, address)));
        return new dev.certfleet.agent.server.Credential(pair.getPrivate(), List.of(issued));
    }

    X509Certificate issue(
            SubjectPublicKeyInfo key, String subject, Instant now, Duration life, List<GeneralName> names) {
        return sign(key, new X500Name(subject), now.minus(Duration.ofMinutes(5)), now.plus(life), false, names);
    }

    private X509Certificate sign(
            SubjectPublicKeyInfo key,
            X500Name subject,
            Instant notBefore,
            Instant notAfter,
            boolean authority,
            List<GeneralName> names) {
        try {
            X509v3CertificateBuilder builder = new X509v3CertificateBuilder(
                    name, new BigInteger(127, RANDOM), Date.from(notBefore), Date.from(notAfter), subject, key);
            // As the server's: no authority below a self-signed one, any number below a cross-certificate.
            boolean selfSigned = subject.equals(name);
            builder.addExtension(
                    Extension.basicConstraints,
                    true,
                    selfSigned ? new BasicConstraints(0) : new BasicConstraints(authority));
            if (!names.isEmpty()) {
                builder.addExtension(
                        Extension.subjectAlternativeName, false, new GeneralNames(names.toArray(GeneralName[]::new)));
            }
            return new JcaX509CertificateConverter()
                    .getCertificate(
                            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
        } catch (java.io.IOException | GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException(e);
        }
    }
}
