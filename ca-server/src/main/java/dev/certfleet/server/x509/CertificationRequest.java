package dev.certfleet.server.x509;

import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;

/**
 * A PKCS#10 certification request (RFC 2986) that could be read; nothing in it is believed yet, not even its signature.
 *
 * <p>Of its attributes only extensionRequest (RFC 2985 section 5.4.2) is looked at. Others, such as
 * challengePassword, ask for nothing that could come into a certificate and are passed over, as are extensions that are
 * unknown and not critical; an unknown critical one is a violation.
 */
public final class CertificationRequest implements ParsedRequest {
    /** The longest request that is read, in characters of PEM or octets of DER. */
    public static final int MAX_SIZE = 64 * 1024;

    /** One attribute of the subject. */
    record Attribute(ASN1ObjectIdentifier type, String value) {}

    /**
     * What the extensions ask for.
     *
     * @param keyUsage bits of {@link org.bouncycastle.asn1.x509.KeyUsage}
     * @param unknownCritical extensions that are critical and not understood
     */
    record Wishes(
            List<GeneralName> names,
            int keyUsage,
            Set<ASN1ObjectIdentifier> purposes,
            boolean authority,
            List<ASN1ObjectIdentifier> unknownCritical) {}

    private final SubjectPublicKeyInfo key;
    private final List<Attribute> subject;
    private final Wishes wishes;
    private final AlgorithmIdentifier signatureAlgorithm;
    private final byte[] signed;
    private final byte[] signature;

    CertificationRequest(
            SubjectPublicKeyInfo key,
            List<Attribute> subject,
            Wishes wishes,
            AlgorithmIdentifier signatureAlgorithm,
            byte[] signed,
            byte[] signature) {
        this.key = key;
        this.subject = List.copyOf(subject);
        this.wishes = wishes;
        this.signatureAlgorithm = signatureAlgorithm;
        this.signed = signed.clone();
        this.signature = signature.clone();
    }

    /**
     * Reads PEM or DER. What cannot be read gives {@code malformed-request}, what is too long {@code request-too-large}.
     */
    public static ParsedRequest parse(byte[] pemOrDer) {
        return RequestReader.read(pemOrDer);
    }

    /** Reads PEM, with the label {@code CERTIFICATE REQUEST} or {@code NEW CERTIFICATE REQUEST} (RFC 7468 section 7). */
    public static ParsedRequest parse(String pem) {
        return RequestReader.read(pem);
    }

    /** The key to be certified. */
    public SubjectPublicKeyInfo key() {
        return key;
    }

    /** The common names of its subject, as it was written. */
    public List<String> commonNames() {
        return values(BCStyle.CN);
    }

    /** The organizations of its subject, as they were written. */
    public List<String> organizations() {
        return values(BCStyle.O);
    }

    /** Whether it asks for any alternative name. */
    public boolean asksForNames() {
        return !wishes.names().isEmpty();
    }

    private List<String> values(ASN1ObjectIdentifier type) {
        return subject.stream()
                .filter(attribute -> attribute.type().equals(type))
                .map(Attribute::value)
                .toList();
    }

    List<Attribute> subject() {
        return subject;
    }

    Wishes wishes() {
        return wishes;
    }

    AlgorithmIdentifier signatureAlgorithm() {
        return signatureAlgorithm;
    }

    /** The certificationRequestInfo, which the signature is over. */
    byte[] signed() {
        return signed.clone();
    }

    byte[] signature() {
        return signature.clone();
    }
}
