package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;

/**
 * Somebody who took the sealing key and the database, and so the Kubernetes authority's key: signs a certificate that the
 * server knows nothing of.
 */
final class StolenAuthority {
    private static final String AUTHORITY = "prod-kubernetes-1";

    private StolenAuthority() {}

    static ClientIdentity forge(RunningCluster cluster, String commonName, String organization) throws IOException {
        try {
            Path users = cluster.folder().resolve("users");
            PrivateKey stolen = steal(cluster.server().data());
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair own = generator.generateKeyPair();
            X509CertificateHolder genuine = new X509CertificateHolder(der(cluster.authority()));
            X509v3CertificateBuilder forged = new X509v3CertificateBuilder(
                    genuine.getSubject(),
                    new BigInteger("1234567890abcdef1234567890abcdef", 16),
                    genuine.toASN1Structure().getStartDate(),
                    genuine.toASN1Structure().getEndDate(),
                    new X500Name("O=" + organization + ",CN=" + commonName),
                    SubjectPublicKeyInfo.getInstance(own.getPublic().getEncoded()));
            forged.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            forged.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_clientAuth));
            write(
                    users.resolve("forged.crt"),
                    forged.build(new JcaContentSignerBuilder("SHA256withECDSA").build(stolen)));
            write(
                    users.resolve("forged.key"),
                    new PemObject("PRIVATE KEY", own.getPrivate().getEncoded()));
            return cluster.identity("forged");
        } catch (GeneralSecurityException | SQLException | OperatorCreationException e) {
            throw new AssertionError("the theft failed", e);
        }
    }

    private static PrivateKey steal(Path data) throws IOException, SQLException, GeneralSecurityException {
        String port =
                Files.readAllLines(data.resolve("postgres/postmaster.pid")).get(3);
        String password = Files.readString(data.resolve("postgres.password"));
        try (Connection connection = DriverManager.getConnection(
                        "jdbc:postgresql://localhost:" + port + "/postgres", "postgres", password);
                PreparedStatement query = connection.prepareStatement("SELECT k.id, k.nonce, k.sealed"
                        + " FROM sealed_key k JOIN authority a ON a.sealed_key = k.id WHERE a.name = ?")) {
            query.setString(1, AUTHORITY);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                String text = Files.readString(data.resolve("sealing.key")).strip();
                byte[] sealing = Base64.getDecoder().decode(text.substring(text.indexOf(':') + 1));
                Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
                cipher.init(
                        Cipher.DECRYPT_MODE,
                        new SecretKeySpec(sealing, "AES"),
                        new GCMParameterSpec(128, row.getBytes("nonce")));
                cipher.updateAAD(("certfleet sealed key " + row.getString("id")).getBytes(StandardCharsets.US_ASCII));
                return KeyFactory.getInstance("EC")
                        .generatePrivate(new PKCS8EncodedKeySpec(cipher.doFinal(row.getBytes("sealed"))));
            }
        }
    }

    private static byte[] der(Path pem) throws IOException {
        String text = Files.readString(pem);
        return Base64.getMimeDecoder().decode(text.substring(text.indexOf("-----\n") + 6, text.indexOf("-----END")));
    }

    private static void write(Path file, Object contents) throws IOException {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter pem = new JcaPEMWriter(text)) {
            pem.writeObject(contents);
        }
        Files.writeString(file, text.toString());
    }
}
