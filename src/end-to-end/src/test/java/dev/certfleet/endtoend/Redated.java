package dev.certfleet.endtoend;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.time.Duration;
import java.util.Base64;
import java.util.Date;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Makes certificates older: signs them again, the same but for their dates. kubeadm dates what it makes from now on, and takes
 * no faked clock.
 *
 * @param key of the RSA authority that signs
 * @param by how much
 */
record Redated(PrivateKey key, Duration by) {
    private static final Pattern IN_KUBECONFIG = Pattern.compile("(?<=client-certificate-data: )\\S+");

    static Redated by(Duration by, Path authorityKey) throws IOException {
        try (Reader reader = Files.newBufferedReader(authorityKey);
                PEMParser parser = new PEMParser(reader)) {
            return new Redated(
                    new JcaPEMKeyConverter()
                            .getKeyPair((PEMKeyPair) parser.readObject())
                            .getPrivate(),
                    by);
        }
    }

    void file(Path certificate) throws IOException {
        Files.writeString(certificate, pem(Files.readString(certificate)));
    }

    /** The client certificate inside it. */
    void kubeconfig(Path file) throws IOException {
        Files.writeString(
                file,
                IN_KUBECONFIG
                        .matcher(Files.readString(file))
                        .replaceAll(data -> Base64.getEncoder()
                                .encodeToString(
                                        pem(new String(Base64.getDecoder().decode(data.group()), US_ASCII))
                                                .getBytes(US_ASCII))));
    }

    private String pem(String old) {
        try (PEMParser parser = new PEMParser(new StringReader(old))) {
            X509CertificateHolder certificate = (X509CertificateHolder) parser.readObject();
            var builder = new X509v3CertificateBuilder(
                    certificate.getIssuer(),
                    certificate.getSerialNumber(),
                    earlier(certificate.getNotBefore()),
                    earlier(certificate.getNotAfter()),
                    certificate.getSubject(),
                    certificate.getSubjectPublicKeyInfo());
            for (Object oid : certificate.getExtensionOIDs()) {
                builder.addExtension(certificate.getExtension((ASN1ObjectIdentifier) oid));
            }
            StringWriter text = new StringWriter();
            try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
                writer.writeObject(builder.build(new JcaContentSignerBuilder("SHA256withRSA").build(key)));
            }
            return text.toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (OperatorCreationException e) {
            throw new IllegalStateException(e);
        }
    }

    private Date earlier(Date date) {
        return Date.from(date.toInstant().minus(by));
    }
}
