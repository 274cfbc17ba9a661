package dev.certfleet.server.x509.lint;

import java.util.List;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;

/**
 * RFC 5280 section 4.2.1.3 (critical; authorities sign certificates and CRLs, nobody else does), RFC 3279 section 2.3.1, RFC 8813
 * section 3 and RFC 8410 section 5 (only RSA keys encipher).
 */
final class KeyUsageLint implements Lint {
    private static final int AUTHORITY = KeyUsage.keyCertSign | KeyUsage.cRLSign;

    @Override
    public String name() {
        return "key-usage";
    }

    @Override
    public List<String> check(Twin twin) {
        KeyUsage usage = KeyUsage.getInstance(twin.value(Extension.keyUsage));
        if (usage == null || !twin.hasCritical(Extension.keyUsage)) {
            return List.of("keyUsage is missing or not critical");
        }
        boolean rsa = PKCSObjectIdentifiers.rsaEncryption.equals(
                twin.certificate().getSubjectPublicKeyInfo().getAlgorithm().getAlgorithm());
        int bits = usage.getBytes()[0] & 0xff;
        boolean leaf = bits == KeyUsage.digitalSignature
                || (rsa && bits == (KeyUsage.digitalSignature | KeyUsage.keyEncipherment));
        boolean fits = switch (twin.kind()) {
            case AUTHORITY, CROSS_CERTIFIED -> bits == AUTHORITY;
            case LEAF, OCSP_RESPONDER -> leaf;
        };
        return Lint.unless(
                fits && usage.getBytes().length == 1, "keyUsage does not fit the certificate's kind and key");
    }
}
