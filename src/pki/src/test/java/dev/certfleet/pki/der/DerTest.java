package dev.certfleet.pki.der;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.certfleet.pki.testing.Mutations;
import java.io.IOException;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Enumerated;
import org.bouncycastle.asn1.ASN1GeneralizedTime;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERTaggedObject;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x509.Time;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DerTest {
    private static byte[] der(ASN1Encodable object) throws IOException {
        return object.toASN1Primitive().getEncoded(ASN1Encoding.DER);
    }

    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }

    @ParameterizedTest
    @ValueSource(
            longs = {
                0,
                1,
                -1,
                127,
                128,
                -128,
                -129,
                255,
                256,
                32767,
                32768,
                -32768,
                -32769,
                0x7fffffffL,
                0x80000000L,
                Long.MAX_VALUE,
                Long.MIN_VALUE
            })
    void writesAndReadsIntegersAsBouncyCastleDoes(long value) throws Exception {
        byte[] written = new DerWriter(0).integer(value).toByteArray();

        assertThat(written).isEqualTo(der(new ASN1Integer(value)));
        assertThat(DerReader.of(written).integer()).isEqualTo(BigInteger.valueOf(value));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"1.2.840.113549.1.9.14", "2.5.29.17", "0.9.2342.19200300.100.1.25", "2.999.3", "1.3.101.112"})
    void writesAndReadsObjectIdentifiersAsBouncyCastleDoes(String oid) throws Exception {
        byte[] written = new DerWriter().objectIdentifier(oid).toByteArray();

        assertThat(written).isEqualTo(der(new ASN1ObjectIdentifier(oid)));
        assertThat(DerReader.of(written).objectIdentifier()).isEqualTo(oid);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 126, 127, 128, 129, 255, 256, 65_535, 65_536, 70_000})
    void writesAndReadsContentsOfEveryLengthAsBouncyCastleDoes(int length) throws Exception {
        byte[] contents = new byte[length];
        byte[] written = new DerWriter(1)
                .sequence(outer -> outer.octetString(contents)
                        .constructed(Tag.constructed(1), inner -> inner.octetString(wrapped -> wrapped.integer(7))))
                .toByteArray();

        assertThat(written).isEqualTo(der(new DERSequence(new ASN1Encodable[] {
            new DEROctetString(contents), new DERTaggedObject(true, 1, new DEROctetString(der(new ASN1Integer(7))))
        })));
        DerReader reader = DerReader.of(written).sequence();
        assertThat(reader.octetString()).isEqualTo(contents);
        assertThat(DerReader.of(reader.enter(Tag.constructed(1)).octetString()).integer())
                .isEqualTo(BigInteger.valueOf(7));
        reader.end();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"1950-01-01T00:00:00Z", "2026-11-24T08:09:10Z", "2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z"})
    void writesTimesAsBouncyCastleDoes(String text) throws Exception {
        Instant time = Instant.parse(text);

        byte[] generalized = new DerWriter().generalizedTime(time).toByteArray();

        assertThat(generalized).isEqualTo(der(new ASN1GeneralizedTime(Date.from(time))));
        assertThat(DerReader.of(generalized).generalizedTime()).isEqualTo(time);
        assertThat(new DerWriter().time(time).toByteArray()).isEqualTo(der(new Time(Date.from(time))));
    }

    @Test
    void writesTheOtherTypesAsBouncyCastleDoes() throws Exception {
        DerWriter writer = new DerWriter(0);
        writer.integer(1);
        writer.reset();
        writer.sequence(all -> all.bool(true)
                .bool(false)
                .enumerated(10)
                .nothing()
                .utf8String("prüfen")
                .set(set -> {})
                .bitString(new byte[] {1, 2}));
        ASN1EncodableVector same = new ASN1EncodableVector();
        same.add(org.bouncycastle.asn1.ASN1Boolean.TRUE);
        same.add(org.bouncycastle.asn1.ASN1Boolean.FALSE);
        same.add(new ASN1Enumerated(10));
        same.add(org.bouncycastle.asn1.DERNull.INSTANCE);
        same.add(new DERUTF8String("prüfen"));
        same.add(new org.bouncycastle.asn1.DERSet());
        same.add(new org.bouncycastle.asn1.DERBitString(new byte[] {1, 2}));

        assertThat(writer.toByteArray()).isEqualTo(der(new DERSequence(same)));

        DerReader reader = DerReader.of(writer.toByteArray()).sequence();
        assertThat(reader.bool()).isTrue();
        assertThat(reader.bool()).isFalse();
        assertThat(reader.smallInteger(Tag.ENUMERATED)).isEqualTo(10);
        reader.nothing();
        reader.skip();
        reader.enter(Tag.SET).end();
        assertThat(reader.nextIs(Tag.BIT_STRING)).isTrue();
        assertThat(reader.bitString()).containsExactly(1, 2);
        assertThat(reader.hasMore()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", // nothing
                "30", // no length
                "3080 0000", // indefinite
                "308100", // a long form of a short length
                "30820080", // cut off
                "3084ffffffff", // longer than there is
                "3085 0000000001 00", // five octets of length
                "1f2100", // an identifier of two octets
                "0203 01", // cut off
                "30030203 01", // an inner element that leaves the outer one
            })
    void refusesWhatIsNotDer(String digits) {
        byte[] encoding = hex(digits.replace(" ", ""));

        assertThatThrownBy(() -> walk(DerReader.of(encoding))).isInstanceOf(DerException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0200",
                "02020001",
                "0202ff80",
                "010101",
                "01020000",
                "0601 80",
                "06028001",
                "0600",
                "030101",
                "0300",
                "050100"
            })
    void refusesValuesThatAreNotInTheirOneForm(String digits) {
        byte[] encoding = hex(digits.replace(" ", ""));

        assertThatThrownBy(() -> {
                    DerReader reader = DerReader.of(encoding);
                    switch (encoding[0]) {
                        case Tag.INTEGER -> reader.integer();
                        case Tag.BOOLEAN -> reader.bool();
                        case Tag.OBJECT_IDENTIFIER -> reader.objectIdentifier();
                        case Tag.BIT_STRING -> reader.bitString();
                        default -> reader.nothing();
                    }
                })
                .isInstanceOf(DerException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "20261301000000Z",
                "20260230000000Z",
                "2026010100000Z",
                "20260101000000.5Z",
                "20260101000060Z",
                "2026010100000aZ"
            })
    void refusesTimesThatAreNone(String text) {
        byte[] encoding = new DerWriter()
                .primitive(Tag.GENERALIZED_TIME, text.getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                .toByteArray();

        assertThatThrownBy(() -> DerReader.of(encoding).generalizedTime()).isInstanceOf(DerException.class);
    }

    @Test
    void refusesWhatIsTooLargeOrTooDeep() {
        assertThatThrownBy(() -> DerReader.of(new byte[11], 10)).isInstanceOf(DerException.class);

        DerWriter writer = new DerWriter();
        List<Integer> marks = new java.util.ArrayList<>();
        for (int i = 0; i <= DerReader.MAX_DEPTH; i++) {
            marks.add(writer.open(Tag.SEQUENCE));
        }
        marks.reversed().forEach(writer::close);
        assertThatThrownBy(() -> walk(DerReader.of(writer.toByteArray())))
                .isInstanceOf(DerException.class)
                .hasMessageContaining("levels");
    }

    @Test
    void survivesEveryMutationWithNothingButDerException() throws Exception {
        byte[] encoding = new DerWriter()
                .sequence(outer -> outer.integer(BigInteger.TEN.pow(30))
                        .objectIdentifier("1.2.840.113549.1.9.14")
                        .sequence(inner -> inner.octetString(new byte[200]).bool(true))
                        .generalizedTime(Instant.parse("2026-11-24T00:00:00Z")))
                .toByteArray();
        walk(DerReader.of(encoding));

        Mutations.truncations(encoding)
                .forEach(
                        cut -> assertThatThrownBy(() -> walk(DerReader.of(cut))).isInstanceOf(DerException.class));
        Mutations.changes(encoding, 20_000).forEach(DerTest::walkQuietly);
    }

    private static void walkQuietly(byte[] encoding) {
        try {
            walk(DerReader.of(encoding));
        } catch (DerException expected) {
            assertThat(expected).hasMessageContaining("octet");
        }
    }

    private static void walk(DerReader reader) throws DerException {
        do {
            if (reader.nextIs(Tag.SEQUENCE)) {
                DerReader inner = reader.sequence();
                while (inner.hasMore()) {
                    walk(inner);
                }
            } else if (reader.nextIs(Tag.INTEGER)) {
                reader.integer();
            } else if (reader.nextIs(Tag.OBJECT_IDENTIFIER)) {
                reader.objectIdentifier();
            } else if (reader.nextIs(Tag.GENERALIZED_TIME)) {
                reader.generalizedTime();
            } else if (reader.nextIs(Tag.BOOLEAN)) {
                reader.bool();
            } else {
                reader.element();
            }
        } while (reader.hasMore());
    }
}
