package dev.certfleet.pki;

import dev.certfleet.pki.der.DerException;
import dev.certfleet.pki.der.DerReader;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** X.509 certificates in and out of their encodings, and the two names that certfleet calls them by. */
public final class Certificates {
    /** The largest certificate that is read. */
    public static final int MAX_SIZE = 64 << 10;

    private Certificates() {}

    /**
     * A certificate from DER, with nothing behind it.
     *
     * @throws CertificateException where it is not one
     */
    public static X509Certificate parse(byte[] der) throws CertificateException {
        try {
            DerReader reader = DerReader.of(der, MAX_SIZE);
            reader.sequence();
            reader.end();
        } catch (DerException e) {
            throw new CertificateException("not a certificate: " + e.getMessage(), e);
        }
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }

    /**
     * The certificates of a PEM text, in order; at least one.
     *
     * @throws CertificateException where there is none, or one is malformed
     */
    public static List<X509Certificate> parse(String pem) throws CertificateException {
        try {
            List<X509Certificate> certificates = new ArrayList<>();
            for (byte[] der : Pem.decode(pem, Pem.CERTIFICATE)) {
                certificates.add(parse(der));
            }
            return List.copyOf(certificates);
        } catch (IllegalArgumentException e) {
            throw new CertificateException(e.getMessage(), e);
        }
    }

    /** The certificates one after the other in PEM. */
    public static String pem(List<X509Certificate> certificates) {
        StringBuilder text = new StringBuilder();
        for (X509Certificate certificate : certificates) {
            text.append(Pem.encode(Pem.CERTIFICATE, der(certificate)));
        }
        return text.toString();
    }

    public static byte[] der(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (CertificateEncodingException e) {
            throw new IllegalArgumentException("a certificate without an encoding", e);
        }
    }

    /** The certificate's id: SHA-256 over its DER encoding, 64 lowercase hexadecimal digits. */
    public static String fingerprint(X509Certificate certificate) {
        return fingerprint(der(certificate));
    }

    /** The id of the certificate with this DER encoding. */
    public static String fingerprint(byte[] der) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(der));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** The serial number in lowercase hexadecimal, two digits an octet, no sign octet. */
    public static String serial(X509Certificate certificate) {
        return serial(certificate.getSerialNumber());
    }

    /** A serial number in lowercase hexadecimal, two digits an octet, no sign octet. */
    public static String serial(BigInteger number) {
        String digits = number.toString(16);
        return digits.length() % 2 == 0 ? digits : "0" + digits;
    }
}
