package dev.certfleet.server.signing;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.pki.der.DerWriter;
import dev.certfleet.pki.der.Tag;
import dev.certfleet.server.signing.OcspResponseData.CertStatus;
import dev.certfleet.server.signing.OcspResponseData.SingleResponse;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.function.Consumer;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.jspecify.annotations.Nullable;

/**
 * Signs OCSP responses with a responder's key: the only way in which one comes to be signed. The responder is named by the
 * hash of its key, which is shorter than its name and the same in every encoding of it.
 */
public final class OcspSigner {
    private static final byte[] BASIC_RESPONSE =
            new DerWriter(16).objectIdentifier("1.3.6.1.5.5.7.48.1.1").toByteArray();
    private static final String NONCE = "1.3.6.1.5.5.7.48.1.2";
    private static final String ARCHIVE_CUTOFF = "1.3.6.1.5.5.7.48.1.6";

    /** Octets that hold an answer about one certificate; one about several makes its buffer grow. */
    private static final int BEYOND_CERTIFICATE_AND_SIGNATURE = 384;

    private final SigningKey key;
    private final byte[] certificate;
    private final byte[] keyHash;
    private final byte[] signatureAlgorithm;

    /**
     * @param certificate the responder's, DER; it goes with every response
     * @throws IllegalArgumentException where the certificate is for another key
     */
    public OcspSigner(SigningKey key, byte[] certificate) {
        SubjectPublicKeyInfo certified = Certificate.getInstance(certificate).getSubjectPublicKeyInfo();
        if (!certified.equals(SubjectPublicKeyInfo.getInstance(key.publicKey().getEncoded()))) {
            throw new IllegalArgumentException("the responder's certificate is not for " + key);
        }
        this.key = key;
        this.certificate = certificate.clone();
        this.keyHash = sha1(certified.getPublicKeyData().getOctets());
        this.signatureAlgorithm = Signatures.identifier(key.algorithm());
    }

    /** @return a successful OCSPResponse, DER */
    public byte[] sign(OcspResponseData data) {
        byte[] tbs = tbs(data);
        return assembled(basic -> basic.encoded(tbs), key.sign(tbs));
    }

    /**
     * The signature alone, for an answer that is kept and {@link #assembled(OcspResponseData, byte[]) put together} when it
     * is asked for. It is verified first: what goes out again and again must not be a fault of memory or processor.
     */
    public byte[] signature(OcspResponseData data) {
        byte[] tbs = tbs(data);
        byte[] signature = key.sign(tbs);
        if (!Signatures.verify(key.algorithm(), key.publicKey(), tbs, signature)) {
            throw new IllegalStateException("a signature of " + key + " does not verify");
        }
        return signature;
    }

    /** The response that {@code signature} was made for, octet for octet. */
    public byte[] assembled(OcspResponseData data, byte[] signature) {
        return assembled(basic -> tbs(basic, data), signature);
    }

    private byte[] assembled(Consumer<DerWriter> tbs, byte[] signature) {
        DerWriter out = new DerWriter(certificate.length + signature.length + BEYOND_CERTIFICATE_AND_SIGNATURE);
        return out.sequence(response -> response.enumerated(0)
                        .constructed(
                                Tag.constructed(0),
                                bytes -> bytes.sequence(typed -> typed.encoded(BASIC_RESPONSE)
                                        .octetString(octets -> octets.sequence(basic -> {
                                            tbs.accept(basic);
                                            basic.encoded(signatureAlgorithm).bitString(signature);
                                            basic.constructed(
                                                    Tag.constructed(0),
                                                    certificates ->
                                                            certificates.sequence(list -> list.encoded(certificate)));
                                        })))))
                .toByteArray();
    }

    private byte[] tbs(OcspResponseData data) {
        DerWriter out = new DerWriter(BEYOND_CERTIFICATE_AND_SIGNATURE);
        tbs(out, data);
        return out.toByteArray();
    }

    private void tbs(DerWriter out, OcspResponseData data) {
        out.sequence(tbs -> {
            tbs.constructed(Tag.constructed(2), responder -> responder.octetString(keyHash));
            tbs.generalizedTime(data.producedAt());
            tbs.sequence(responses -> data.responses().forEach(one -> single(responses, one)));
            byte[] nonce = data.nonce();
            if (nonce != null) {
                tbs.constructed(
                        Tag.constructed(1), extensions -> extensions.sequence(list -> extension(list, NONCE, nonce)));
            }
        });
    }

    private static void single(DerWriter responses, SingleResponse response) {
        responses.sequence(single -> {
            single.encoded(response.certId());
            switch (response.status()) {
                case CertStatus.Good good -> single.primitive(Tag.context(0), new byte[0]);
                case CertStatus.Revoked revoked -> revoked(single, revoked);
                case CertStatus.Unknown unknown -> single.primitive(Tag.context(2), new byte[0]);
            }
            single.generalizedTime(response.thisUpdate());
            single.constructed(Tag.constructed(0), next -> next.generalizedTime(response.nextUpdate()));
            Instant invalidityDate =
                    response.status() instanceof CertStatus.Revoked revoked ? revoked.invalidityDate() : null;
            singleExtensions(single, invalidityDate, response.archiveCutoff());
        });
    }

    private static void revoked(DerWriter single, CertStatus.Revoked revoked) {
        single.constructed(Tag.constructed(1), info -> {
            info.generalizedTime(revoked.at());
            if (revoked.reason() != RevocationReason.UNSPECIFIED) {
                info.constructed(
                        Tag.constructed(0),
                        reason -> reason.enumerated(revoked.reason().code()));
            }
        });
    }

    private static void singleExtensions(
            DerWriter single, @Nullable Instant invalidityDate, @Nullable Instant archiveCutoff) {
        if (invalidityDate == null && archiveCutoff == null) {
            return;
        }
        single.constructed(
                Tag.constructed(1),
                extensions -> extensions.sequence(list -> {
                    if (invalidityDate != null) {
                        extension(list, CrlSigner.INVALIDITY_DATE, generalizedTime(invalidityDate));
                    }
                    if (archiveCutoff != null) {
                        extension(list, ARCHIVE_CUTOFF, generalizedTime(archiveCutoff));
                    }
                }));
    }

    private static void extension(DerWriter list, String identifier, byte[] value) {
        list.sequence(extension -> extension.objectIdentifier(identifier).octetString(value));
    }

    private static byte[] generalizedTime(Instant time) {
        return new DerWriter(17).generalizedTime(time).toByteArray();
    }

    private static byte[] sha1(byte[] octets) {
        try {
            return MessageDigest.getInstance("SHA-1").digest(octets);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
    }
}
