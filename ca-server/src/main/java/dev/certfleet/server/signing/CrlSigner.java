package dev.certfleet.server.signing;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.pki.der.DerWriter;
import dev.certfleet.pki.der.Tag;
import dev.certfleet.server.x509.RevokedCertificate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;

/** Signs full CRLs with an authority's key: the only way in which one comes to be signed. */
public final class CrlSigner {
    static final String INVALIDITY_DATE = "2.5.29.24";

    private static final String REASON_CODE = "2.5.29.21";
    private static final String CRL_NUMBER = "2.5.29.20";
    private static final String AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
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
        this.keyIdentifier = SubjectKeyIdentifier.fromExtensions(
                        certificate.getTBSCertificate().getExtensions())
                .getKeyIdentifier();
        this.signatureAlgorithm = Signatures.identifier(key.algorithm());
    }

    /**
     * Signs, and checks the signature before it leaves, as {@link Issuer} does.
     *
     * @return a CertificateList, DER
     */
    public byte[] sign(CrlContents contents) {
        byte[] tbs = tbs(contents);
        byte[] signature = key.sign(tbs);
        if (!Signatures.verify(key.algorithm(), key.publicKey(), tbs, signature)) {
            throw new IllegalStateException("the signature of CRL " + contents.number() + " came out wrong");
        }
        return new DerWriter(tbs.length + signature.length + 64)
                .sequence(list -> list.encoded(tbs).encoded(signatureAlgorithm).bitString(signature))
                .toByteArray();
    }

    private byte[] tbs(CrlContents contents) {
        return new DerWriter(1024)
                .sequence(tbs -> {
                    tbs.integer(V2).encoded(signatureAlgorithm).encoded(issuer);
                    tbs.time(contents.thisUpdate()).time(contents.nextUpdate());
                    revokedCertificates(tbs, contents.entries());
                    tbs.constructed(
                            Tag.constructed(0),
                            extensions -> extensions.sequence(list -> {
                                extension(
                                        list,
                                        AUTHORITY_KEY_IDENTIFIER,
                                        new DerWriter(32)
                                                .sequence(aki -> aki.primitive(Tag.context(0), keyIdentifier)));
                                extension(list, CRL_NUMBER, new DerWriter(16).integer(contents.number()));
                            }));
                })
                .toByteArray();
    }

    /** The list is left out where it would be empty (section 5.1.2.6). */
    private static void revokedCertificates(DerWriter tbs, Iterable<RevokedCertificate> entries) {
        var remaining = entries.iterator();
        if (!remaining.hasNext()) {
            return;
        }
        int list = tbs.open(Tag.SEQUENCE);
        while (remaining.hasNext()) {
            entry(tbs, remaining.next());
        }
        tbs.close(list);
    }

    /** {@code unspecified} is said by saying nothing (section 5.3.1). */
    private static void entry(DerWriter list, RevokedCertificate revoked) {
        int entry = list.open(Tag.SEQUENCE);
        list.integer(revoked.serial().value()).time(revoked.at());
        boolean reasoned = revoked.reason() != RevocationReason.UNSPECIFIED;
        Instant invalidityDate = revoked.invalidityDate();
        if (reasoned || invalidityDate != null) {
            int extensions = list.open(Tag.SEQUENCE);
            if (reasoned) {
                extension(
                        list,
                        REASON_CODE,
                        new DerWriter(8).enumerated(revoked.reason().code()));
            }
            if (invalidityDate != null) {
                extension(list, INVALIDITY_DATE, new DerWriter(24).generalizedTime(invalidityDate));
            }
            list.close(extensions);
        }
        list.close(entry);
    }

    private static void extension(DerWriter list, String identifier, DerWriter value) {
        list.sequence(extension -> extension.objectIdentifier(identifier).octetString(value.toByteArray()));
    }
}
