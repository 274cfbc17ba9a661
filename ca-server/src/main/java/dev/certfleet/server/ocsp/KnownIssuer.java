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
        int number = octetsOf(serial);
        int length = beginning.length + 2 + number;
        byte[] der = new byte[2 + length];
        der[0] = (byte) Tag.SEQUENCE;
        der[1] = (byte) length;
        System.arraycopy(beginning, 0, der, 2, beginning.length);
        int at = 2 + beginning.length;
        der[at++] = (byte) Tag.INTEGER;
        der[at++] = (byte) number;
        for (int i = number - 1; i >= 0; i--) {
            der[at++] = octet(serial, i);
        }
        return der;
    }

    /** As many as DER needs: the top bit of a positive number is 0 (X.690 section 8.3). */
    private static int octetsOf(SerialKey serial) {
        int bits = serial.high() == 0
                ? Long.SIZE - Long.numberOfLeadingZeros(serial.low())
                : 2 * Long.SIZE - Long.numberOfLeadingZeros(serial.high());
        return bits / 8 + 1;
    }

    /** @param place 0 for the lowest octet; 0 above the highest */
    private static byte octet(SerialKey serial, int place) {
        return place < 8
                ? (byte) (serial.low() >>> (8 * place))
                : place < 16 ? (byte) (serial.high() >>> (8 * (place - 8))) : 0;
    }
}
