package dev.certfleet.server.x509;

import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;

/** A PKCS#10 certification request (RFC 2986) that could be read; nothing in it is believed yet. */
public final class CertificationRequest implements ParsedRequest {
    private final PKCS10CertificationRequest request;

    private CertificationRequest(PKCS10CertificationRequest request) {
        this.request = request;
    }

    /** Reads PEM or DER. */
    public static ParsedRequest parse(byte[] pemOrDer) {
        return new CertificationRequest(Skeleton.missing());
    }

    /** Reads PEM. */
    public static ParsedRequest parse(String pem) {
        return Skeleton.missing();
    }

    /** The key to be certified. */
    public SubjectPublicKeyInfo key() {
        return request.getSubjectPublicKeyInfo();
    }
}
