package dev.certfleet.server.ocsp;

import dev.certfleet.pki.der.Tag;
import dev.certfleet.server.authority.Authority;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.x509.Certificate;

/** An authority with what CertIDs of its certificates begin with. */
final class KnownIssuer {
    private static final int SERIAL_OCTETS = 16;

    private final Authority authority;
    private final String name;
    private final Instant notAfter;
    private final Map<CertIdForm, byte[]> beginnings = new EnumMap<>(CertIdForm.class);

    KnownIssuer(Authority authority) {
        this.authority = authority;
        this.name = authority.name();
        this.notAfter = authority.notAfter();
        Certificate certificate = Certificate.getInstance(authority.certificate());
        byte[] subject = der(certificate);
        byte[] key = certificate.getSubjectPublicKeyInfo().getPublicKeyData().getOctets();
        for (CertIdForm form : CertIdForm.values()) {
            beginnings.put(form, form.beginning(subject, key));
        }
    }

    private static byte[] der(Certificate certificate) {
        try {
            return certificate.getSubject().getEncoded(ASN1Encoding.DER);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Authority authority() {
        return authority;
    }

    String name() {
        return name;
    }

    Instant notAfter() {
        return notAfter;
    }

    byte[] beginning(CertIdForm form) {
        return Objects.requireNonNull(beginnings.get(form));
    }

    /** The CertID of one of its certificates, DER. */
    byte[] certId(CertIdForm form, SerialKey serial) {
        byte[] beginning = beginning(form);
        int padding = serial.high() < 0 ? 1 : 0;
        int length = beginning.length + 2 + padding + SERIAL_OCTETS;
        byte[] der = new byte[2 + length];
        der[0] = (byte) Tag.SEQUENCE;
        der[1] = (byte) length;
        System.arraycopy(beginning, 0, der, 2, beginning.length);
        int at = 2 + beginning.length;
        der[at++] = (byte) Tag.INTEGER;
        der[at++] = (byte) (SERIAL_OCTETS + padding);
        at += padding;
        putLong(der, at, serial.high());
        putLong(der, at + 8, serial.low());
        return der;
    }

    private static void putLong(byte[] target, int at, long value) {
        for (int i = 0; i < 8; i++) {
            target[at + i] = (byte) (value >> (56 - 8 * i));
        }
    }
}
