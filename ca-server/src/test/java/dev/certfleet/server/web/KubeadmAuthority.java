package dev.certfleet.server.web;

import dev.certfleet.server.TestClient;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A CA as kubeadm makes it: RSA of 2048 bits in PKCS#1, no cRLSign, and, as before Kubernetes 1.28, the serial 0. */
record KubeadmAuthority(KeyPair keys, X509Certificate certificate) {
    private static final Duration YEAR = Duration.ofDays(365);

    /** What can be otherwise than kubeadm makes it. */
    record Otherwise(String algorithm, int size, int keyUsage, boolean ca, Instant end) {}

    static KubeadmAuthority named(String name) {
        return make(
                name,
                new Otherwise(
                        "RSA",
                        2048,
                        KeyUsage.digitalSignature | KeyUsage.keyEncipherment | KeyUsage.keyCertSign,
                        true,
                        Instant.now().plus(YEAR.multipliedBy(9))));
    }

    static KubeadmAuthority make(String name, Otherwise otherwise) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(otherwise.algorithm());
            generator.initialize(otherwise.size());
            KeyPair keys = generator.generateKeyPair();
            X500Name subject = new X500Name("CN=" + name);
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    subject,
                    BigInteger.ZERO,
                    Date.from(Instant.now().minus(YEAR)),
                    Date.from(otherwise.end()),
                    subject,
                    keys.getPublic());
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(otherwise.keyUsage()));
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(otherwise.ca()));
            return new KubeadmAuthority(keys, sign(builder, keys));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** A certificate as kubeadm issues it: a serial of 63 bits, no status addresses. */
    X509Certificate issue(BigInteger serial, String subject, KeyPurposeId[] purposes, String... dnsNames) {
        return issue(serial, subject, purposes, Instant.now().plus(YEAR), dnsNames);
    }

    X509Certificate issue(BigInteger serial, String subject, KeyPurposeId[] purposes, Instant end, String... dnsNames) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    new X500Name(certificate.getSubjectX500Principal().getName()),
                    serial,
                    certificate.getNotBefore(),
                    Date.from(end),
                    new X500Name(subject),
                    generator.generateKeyPair().getPublic());
            builder.addExtension(
                    Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyEncipherment));
            builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purposes));
            if (dnsNames.length > 0) {
                GeneralName[] names = new GeneralName[dnsNames.length];
                for (int i = 0; i < dnsNames.length; i++) {
                    names[i] = new GeneralName(GeneralName.dNSName, dnsNames[i]);
                }
                builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
            }
            return sign(builder, keys);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static X509Certificate sign(JcaX509v3CertificateBuilder builder, KeyPair keys) throws Exception {
        String algorithm = keys.getPrivate().getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
        return new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder(algorithm).build(keys.getPrivate())));
    }

    /** Its private key as kubeadm writes it: PKCS#1 or SEC1. */
    String key() {
        return pem(keys.getPrivate());
    }

    String pem() {
        return pem(certificate);
    }

    static String pem(Object object) {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(object);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    /** An entry of {@code importedAuthorities}. */
    String json(String kind, boolean withKey) {
        return "{\"kind\": \"" + kind + "\", \"certificate\": " + TestClient.quoted(pem())
                + (withKey ? ", \"key\": " + TestClient.quoted(key()) : "") + "}";
    }
}
