package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.X509CertSelector;
import java.time.Instant;
import java.util.Date;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.jspecify.annotations.Nullable;

/** Who a client is and whom it trusts, as files: what is in them when a connection is made is what counts. */
record ClientIdentity(Path authority, Path certificate, Path key) {
    private static final char[] NO_PASSWORD = new char[0];

    /** A context of its own each time, so that no handshake is shortened by an earlier one. */
    SSLContext freshContext() {
        return freshContext(null);
    }

    /** @param at the time by which the other side's certificate is looked at; null for now */
    SSLContext freshContext(@Nullable Instant at) {
        try {
            var trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, NO_PASSWORD);
            int number = 0;
            for (var each : certificates(authority)) {
                trusted.setCertificateEntry("authority-" + number++, each);
            }
            var parameters = new PKIXBuilderParameters(trusted, new X509CertSelector());
            parameters.setRevocationEnabled(false);
            parameters.setDate(at == null ? null : Date.from(at));
            var trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(new CertPathTrustManagerParameters(parameters));

            var own = KeyStore.getInstance(KeyStore.getDefaultType());
            own.load(null, NO_PASSWORD);
            own.setKeyEntry("own", privateKey(), NO_PASSWORD, certificates(certificate));
            var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, NO_PASSWORD);

            var context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot use " + this, e);
        }
    }

    private static Certificate[] certificates(Path file) throws IOException, GeneralSecurityException {
        try (var stream = Files.newInputStream(file)) {
            return CertificateFactory.getInstance("X.509")
                    .generateCertificates(stream)
                    .toArray(Certificate[]::new);
        }
    }

    private PrivateKey privateKey() throws IOException {
        try (Reader reader = Files.newBufferedReader(key);
                var parser = new PEMParser(reader)) {
            return switch (parser.readObject()) {
                case PrivateKeyInfo info -> new JcaPEMKeyConverter().getPrivateKey(info);
                case PEMKeyPair pair -> new JcaPEMKeyConverter().getPrivateKey(pair.getPrivateKeyInfo());
                case null, default -> throw new IOException("no private key in " + key);
            };
        }
    }
}
