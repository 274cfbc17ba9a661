package dev.certfleet.server.x509;

import dev.certfleet.pki.KeyAlgorithm;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * Rules for keys on curves: {@code key-curve} (named by object identifier, RFC 5480 section 2.1.1, and one that is allowed) and
 * {@code ec-point} (uncompressed, as RFC 5480 section 2.2 has to be supported and Go supports nothing else; on the curve; not
 * infinity. Both curves have cofactor 1, so that every other point has the full order).
 */
final class EllipticCurveRules {
    private EllipticCurveRules() {}

    static List<Violation> check(SubjectPublicKeyInfo key, Set<KeyAlgorithm> allowed) {
        ASN1Encodable parameters = key.getAlgorithm().getParameters();
        if (!(parameters instanceof ASN1ObjectIdentifier curve)) {
            return List.of(new Violation("key-curve", "the key does not name its curve"));
        }
        KeyAlgorithm algorithm = KeyAlgorithms.CURVES.get(curve);
        if (algorithm == null || !allowed.contains(algorithm)) {
            return List.of(new Violation("key-curve", "the key is on the curve " + curve + ", which is not allowed"));
        }
        return isPoint(curve, key.getPublicKeyData().getOctets())
                ? List.of()
                : List.of(new Violation("ec-point", "the key is not an uncompressed point of its curve"));
    }

    static List<Violation> checkEdwards(SubjectPublicKeyInfo key) {
        byte[] point = key.getPublicKeyData().getOctets();
        boolean good = key.getAlgorithm().getParameters() == null
                && point.length == Ed25519.PUBLIC_KEY_SIZE
                && Ed25519.validatePublicKeyFull(point, 0);
        return good
                ? List.of()
                : List.of(
                        new Violation("ec-point", "the key is not a point of Ed25519's prime-order group (RFC 8410)"));
    }

    private static boolean isPoint(ASN1ObjectIdentifier name, byte[] encoded) {
        var curve = CustomNamedCurves.getByOID(name).getCurve();
        int octets = (curve.getFieldSize() + 7) / 8;
        if (encoded.length != 1 + 2 * octets || encoded[0] != 4) {
            return false;
        }
        try {
            return curve.decodePoint(encoded).isValid();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
