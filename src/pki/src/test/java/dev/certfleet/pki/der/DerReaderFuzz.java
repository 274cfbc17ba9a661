package dev.certfleet.pki.der;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.math.BigInteger;
import java.text.ParseException;
import java.time.Instant;
import org.bouncycastle.asn1.ASN1BitString;
import org.bouncycastle.asn1.ASN1Boolean;
import org.bouncycastle.asn1.ASN1Enumerated;
import org.bouncycastle.asn1.ASN1GeneralizedTime;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Primitive;

/** What the reader takes is canonical: the writer makes the same octets of it. Bouncy Castle reads the same values. */
public final class DerReaderFuzz {
    /** Before, Bouncy Castle counts by the Julian calendar. */
    private static final Instant GREGORIAN = Instant.parse("1583-01-01T00:00:00Z");

    private final byte[] data;
    private final DerWriter rebuilt;

    private DerReaderFuzz(byte[] data) {
        this.data = data;
        this.rebuilt = new DerWriter(data.length);
    }

    public static void fuzzerTestOneInput(byte[] data) throws IOException, ParseException {
        DerReaderFuzz copy = new DerReaderFuzz(data);
        try {
            copy.elements(DerReader.of(data), 0);
        } catch (DerException e) {
            return;
        }
        assertThat(copy.rebuilt.toByteArray()).isEqualTo(data);
    }

    /** Copies all elements of this level, whose first octet is at {@code at}, and returns where they end. */
    private int elements(DerReader reader, int at) throws DerException, IOException, ParseException {
        int next = at;
        while (reader.hasMore()) {
            int tag = data[next] & 0xff;
            assertThat(reader.nextIs(tag)).isTrue();
            if (Tag.isConstructed(tag)) {
                DerReader inner = reader.enter(tag);
                int first = data[next + 1] & 0xff;
                int mark = rebuilt.open(tag);
                next = elements(inner, next + (first < 0x80 ? 2 : 2 + (first & 0x7f)));
                rebuilt.close(mark);
            } else {
                byte[] element = reader.element();
                primitive(tag, element);
                next += element.length;
            }
        }
        reader.end();
        return next;
    }

    private void primitive(int tag, byte[] element) throws DerException, IOException, ParseException {
        DerReader one = DerReader.of(element);
        switch (tag) {
            case Tag.BOOLEAN -> {
                boolean value = one.bool();
                assertThat(ASN1Boolean.getInstance(theirs(element)).isTrue()).isEqualTo(value);
                rebuilt.bool(value);
            }
            case Tag.INTEGER -> {
                BigInteger value = one.integer();
                assertThat(ASN1Integer.getInstance(theirs(element)).getValue()).isEqualTo(value);
                rebuilt.integer(value);
            }
            case Tag.ENUMERATED -> {
                int value = one.smallInteger(tag);
                assertThat(ASN1Enumerated.getInstance(theirs(element)).intValueExact())
                        .isEqualTo(value);
                rebuilt.enumerated(value);
            }
            case Tag.BIT_STRING -> {
                byte[] value = one.bitString();
                assertThat(ASN1BitString.getInstance(theirs(element)).getOctets())
                        .isEqualTo(value);
                rebuilt.bitString(value);
            }
            case Tag.OCTET_STRING -> {
                byte[] value = one.octetString();
                assertThat(ASN1OctetString.getInstance(theirs(element)).getOctets())
                        .isEqualTo(value);
                rebuilt.octetString(value);
            }
            case Tag.NULL -> {
                one.nothing();
                theirs(element);
                rebuilt.nothing();
            }
            case Tag.OBJECT_IDENTIFIER -> {
                String value = one.objectIdentifier();
                assertThat(ASN1ObjectIdentifier.getInstance(theirs(element)).getId())
                        .isEqualTo(value);
                rebuilt.objectIdentifier(value);
            }
            case Tag.GENERALIZED_TIME -> {
                Instant value = one.generalizedTime();
                if (value.isAfter(GREGORIAN)) {
                    assertThat(ASN1GeneralizedTime.getInstance(theirs(element))
                                    .getDate()
                                    .toInstant())
                            .isEqualTo(value);
                }
                rebuilt.generalizedTime(value);
            }
            default -> rebuilt.primitive(tag, one.contents(tag));
        }
        one.end();
    }

    private static ASN1Primitive theirs(byte[] element) throws IOException {
        return ASN1Primitive.fromByteArray(element);
    }
}
