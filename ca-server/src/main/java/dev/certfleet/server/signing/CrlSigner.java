package dev.certfleet.server.signing;

import dev.certfleet.pki.der.DerWriter;
import dev.certfleet.pki.der.Tag;
import dev.certfleet.server.x509.IssuerFacts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;

/**
 * Signs CRLs with an authority's key: the only way in which one comes to be signed. The entries are streamed, so that a CRL
 * needs no memory for them, but where the key is Ed25519: that algorithm reads its message twice, and providers keep it.
 */
public final class CrlSigner {
    static final String INVALIDITY_DATE = "2.5.29.24";

    private static final String AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
    private static final String CRL_NUMBER = "2.5.29.20";
    private static final String DELTA_CRL_INDICATOR = "2.5.29.27";
    private static final String ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
    private static final String FRESHEST_CRL = "2.5.29.46";
    private static final int V2 = 1;

    private final SigningKey key;
    private final byte[] issuer;
    private final byte[] keyIdentifier;
    private final byte[] signatureAlgorithm;

    /**
     * @param issuer the authority's certificate, DER
     * @throws IllegalArgumentException where the certificate is for another key
     */
    public CrlSigner(SigningKey key, byte[] issuer) {
        Certificate certificate = Certificate.getInstance(issuer);
        try {
            this.issuer = certificate.getSubject().getEncoded(ASN1Encoding.DER);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (!certificate
                .getSubjectPublicKeyInfo()
                .equals(SubjectPublicKeyInfo.getInstance(key.publicKey().getEncoded()))) {
            throw new IllegalArgumentException("the authority's certificate is not for " + key);
        }
        this.key = key;
        this.keyIdentifier = IssuerFacts.of(issuer).keyId();
        this.signatureAlgorithm = Signatures.identifier(key.algorithm());
    }

    /**
     * Signs, and checks the signature before it leaves, as {@link Issuer} does.
     *
     * @param entries have to stay as they are for as long as the result is used
     */
    public SignedCrl sign(CrlContents contents, CrlEntries entries) throws IOException {
        // 1. What is before and behind the entries; the list is left out where it would be empty (section 5.1.2.6)
        byte[] fields = fields(contents);
        byte[] list = entries.length() == 0 ? new byte[0] : head(Tag.SEQUENCE, entries.length());
        byte[] extensions = extensions(contents);
        byte[] tbsHead = head(Tag.SEQUENCE, fields.length + list.length + entries.length() + extensions.length);

        // 2. The signature over the TBSCertList
        Message tbs = out -> {
            out.write(tbsHead);
            out.write(fields);
            out.write(list);
            try (InputStream in = entries.open()) {
                in.transferTo(out);
            }
            out.write(extensions);
        };
        byte[] signature = key.sign(tbs);
        if (!Signatures.verify(key.algorithm(), key.publicKey(), tbs, signature)) {
            throw new IllegalStateException("the signature of CRL " + contents.number() + " came out wrong");
        }

        // 3. The whole
        byte[] end = new DerWriter(256)
                .encoded(extensions)
                .encoded(signatureAlgorithm)
                .bitString(signature)
                .toByteArray();
        byte[] whole = head(Tag.SEQUENCE, tbsHead.length + fields.length + list.length + entries.length() + end.length);
        ByteArrayOutputStream begin = new ByteArrayOutputStream();
        begin.writeBytes(whole);
        begin.writeBytes(tbsHead);
        begin.writeBytes(fields);
        begin.writeBytes(list);
        return new SignedCrl(begin.toByteArray(), entries, end);
    }

    private byte[] fields(CrlContents contents) {
        return new DerWriter(256)
                .integer(V2)
                .encoded(signatureAlgorithm)
                .encoded(issuer)
                .time(contents.thisUpdate())
                .time(contents.nextUpdate())
                .toByteArray();
    }

    private byte[] extensions(CrlContents contents) {
        return new DerWriter(256)
                .constructed(
                        Tag.constructed(0),
                        extensions -> extensions.sequence(list -> {
                            extension(
                                    list,
                                    AUTHORITY_KEY_IDENTIFIER,
                                    false,
                                    new DerWriter(32).sequence(aki -> aki.primitive(Tag.context(0), keyIdentifier)));
                            extension(list, CRL_NUMBER, false, new DerWriter(16).integer(contents.number()));
                            scope(list, contents.scope());
                        }))
                .toByteArray();
    }

    private static void scope(DerWriter list, CrlScope scope) {
        switch (scope) {
            case CrlScope.Full(String deltaUrl) ->
                extension(
                        list,
                        FRESHEST_CRL,
                        false,
                        new DerWriter(128).sequence(points -> points.sequence(point -> place(point, deltaUrl))));
            case CrlScope.Delta(long baseNumber) ->
                extension(list, DELTA_CRL_INDICATOR, true, new DerWriter(16).integer(baseNumber));
            case CrlScope.Shard(String url) ->
                extension(
                        list,
                        ISSUING_DISTRIBUTION_POINT,
                        true,
                        new DerWriter(128).sequence(point -> place(point, url)));
            case CrlScope.Indirect() ->
                extension(
                        list,
                        ISSUING_DISTRIBUTION_POINT,
                        true,
                        new DerWriter(8).sequence(point -> point.primitive(Tag.context(4), new byte[] {(byte) 0xff})));
        }
    }

    /** distributionPoint [0], in it fullName [0], in it uniformResourceIdentifier [6]. */
    private static void place(DerWriter point, String url) {
        point.constructed(
                Tag.constructed(0),
                name -> name.constructed(
                        Tag.constructed(0),
                        full -> full.primitive(Tag.context(6), url.getBytes(StandardCharsets.US_ASCII))));
    }

    private static void extension(DerWriter list, String identifier, boolean critical, DerWriter value) {
        list.sequence(extension -> {
            extension.objectIdentifier(identifier);
            if (critical) {
                extension.bool(true);
            }
            extension.octetString(value.toByteArray());
        });
    }

    /** An element's tag and length, where the contents follow from elsewhere. */
    private static byte[] head(int tag, long length) {
        if (length < 0x80) {
            return new byte[] {(byte) tag, (byte) length};
        }
        int octets = (71 - Long.numberOfLeadingZeros(length)) / 8;
        byte[] head = new byte[2 + octets];
        head[0] = (byte) tag;
        head[1] = (byte) (0x80 | octets);
        for (int i = 0; i < octets; i++) {
            head[2 + i] = (byte) (length >> (8 * (octets - 1 - i)));
        }
        return head;
    }
}
