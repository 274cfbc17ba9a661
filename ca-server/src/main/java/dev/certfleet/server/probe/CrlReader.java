package dev.certfleet.server.probe;

import dev.certfleet.pki.der.Tag;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.security.Signature;
import java.security.SignatureException;
import java.time.Instant;
import java.util.Arrays;
import org.bouncycastle.asn1.ASN1BitString;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1TaggedObject;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.Time;

/**
 * Reads a CRL (RFC 5280 section 5.1) as it comes and verifies its signature, whatever its size; the list of entries is passed
 * over.
 */
final class CrlReader {
    /** No part of a CRL but the list of entries is longer, in octets. */
    private static final int LONGEST = 64 * 1024;

    private final InputStream in;
    private final Signature verifier;
    private boolean signed;
    private long left;

    /**
     * What a CRL says.
     *
     * @param issuer the issuer's name, DER
     * @param number its number
     * @param extensions all of them
     */
    record Read(byte[] issuer, Instant thisUpdate, Instant nextUpdate, long number, Extensions extensions) {}

    private CrlReader(InputStream in, Signature verifier) {
        this.in = in;
        this.verifier = verifier;
    }

    /**
     * @param verifier initialized with the issuer's key
     * @throws Finding where it is no CRL, or not signed by that key
     */
    static Read read(InputStream in, Signature verifier) throws IOException, Finding {
        CrlReader reader = new CrlReader(in, verifier);
        try {
            return reader.read();
        } catch (EOFException e) {
            throw new Finding("it ends too early");
        } catch (SignatureException | IllegalArgumentException | ClassCastException | IllegalStateException e) {
            throw new Finding("it is not a CRL: " + e.getMessage());
        }
    }

    private Read read() throws IOException, Finding, SignatureException {
        Head whole = head();
        expect(whole.tag() == Tag.SEQUENCE);
        signed = true;
        Head tbs = head();
        expect(tbs.tag() == Tag.SEQUENCE);
        left = tbs.length();
        expect(element()[0] == Tag.INTEGER);
        byte[] algorithm = element();
        byte[] issuer = element();
        Instant thisUpdate = time(element());
        Instant nextUpdate = time(element());
        Head next = head();
        if (next.tag() == Tag.SEQUENCE) {
            pass(next.length());
            next = head();
        }
        expect(next.tag() == Tag.constructed(0));
        Extensions extensions =
                Extensions.getInstance(ASN1TaggedObject.getInstance(whole(next)).getExplicitBaseObject());
        expect(left == 0);
        signed = false;
        expect(Arrays.equals(algorithm, element()));
        byte[] signature = ASN1BitString.getInstance(element()).getOctets();
        if (!verifier.verify(signature)) {
            throw new Finding("its signature is not the authority's");
        }
        expect(in.read() < 0);
        Extension number = extensions.getExtension(Extension.cRLNumber);
        expect(number != null);
        return new Read(
                issuer,
                thisUpdate,
                nextUpdate,
                ASN1Integer.getInstance(number.getParsedValue()).longValueExact(),
                extensions);
    }

    private static void expect(boolean holds) throws Finding {
        if (!holds) {
            throw new Finding("it is not a CRL as this server writes them");
        }
    }

    private static Instant time(byte[] element) throws IOException {
        return Time.getInstance(ASN1Primitive.fromByteArray(element)).getDate().toInstant();
    }

    private record Head(int tag, long length, byte[] octets) {}

    private Head head() throws IOException, Finding, SignatureException {
        byte[] octets = new byte[10];
        octets[0] = (byte) octet();
        int first = octet();
        octets[1] = (byte) first;
        int more = first < 0x80 ? 0 : first & 0x7f;
        expect(more <= 4 && first != 0x80);
        long length = more == 0 ? first : 0;
        for (int i = 0; i < more; i++) {
            int next = octet();
            octets[2 + i] = (byte) next;
            length = length << 8 | next;
        }
        byte[] head = Arrays.copyOf(octets, 2 + more);
        count(head, head.length);
        return new Head(Byte.toUnsignedInt(head[0]), length, head);
    }

    private int octet() throws IOException {
        int octet = in.read();
        if (octet < 0) {
            throw new EOFException();
        }
        return octet;
    }

    private byte[] element() throws IOException, Finding, SignatureException {
        return whole(head());
    }

    private byte[] whole(Head head) throws IOException, Finding, SignatureException {
        expect(head.length() <= LONGEST);
        byte[] contents = in.readNBytes((int) head.length());
        if (contents.length < head.length()) {
            throw new EOFException();
        }
        count(contents, contents.length);
        byte[] whole = Arrays.copyOf(head.octets(), head.octets().length + contents.length);
        System.arraycopy(contents, 0, whole, head.octets().length, contents.length);
        return whole;
    }

    private void pass(long length) throws IOException, SignatureException {
        byte[] piece = new byte[LONGEST];
        for (long rest = length; rest > 0; ) {
            int read = in.read(piece, 0, (int) Math.min(piece.length, rest));
            if (read < 0) {
                throw new EOFException();
            }
            count(piece, read);
            rest -= read;
        }
    }

    private void count(byte[] octets, int length) throws SignatureException {
        if (signed) {
            verifier.update(octets, 0, length);
            left -= length;
        }
    }
}
