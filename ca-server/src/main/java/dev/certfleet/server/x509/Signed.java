package dev.certfleet.server.x509;

import java.io.IOException;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;

/** The outer structure of RFC 5280 section 4.1: what is signed, how, and the signature. */
final class Signed {
    private Signed() {}

    static byte[] assemble(byte[] tbs, AlgorithmIdentifier algorithm, byte[] signature) {
        try {
            ASN1EncodableVector parts = new ASN1EncodableVector();
            parts.add(ASN1Primitive.fromByteArray(tbs));
            parts.add(algorithm);
            parts.add(new DERBitString(signature));
            return new DERSequence(parts).getEncoded(ASN1Encoding.DER);
        } catch (IOException e) {
            throw new IllegalArgumentException("not a TBSCertificate", e);
        }
    }
}
