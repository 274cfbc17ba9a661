package dev.certfleet.server.web;

import dev.certfleet.server.x509.KeyHash;
import java.io.IOException;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;

/**
 * Reads public keys as the API carries them. A key counts in the one encoding that is ever certified: a point of a curve
 * given compressed is the same key.
 */
final class PublicKeys {
    private PublicKeys() {}

    /** Of PEM with the label {@code PUBLIC KEY} (RFC 7468 section 13), or refuses it. */
    static KeyHash publicKey(String pem) {
        return of(Pem.one(pem, dev.certfleet.pki.Pem.PUBLIC_KEY, "public-key"), "public-key");
    }

    /** Of a certificate, whoever issued it, or refuses it. */
    static KeyHash ofCertificate(String pem) {
        return of(Certificate.getInstance(Pem.certificate(pem)).getSubjectPublicKeyInfo(), "certificate");
    }

    /** Of a request, whose signature is not looked at, or refuses it. */
    static KeyHash ofRequest(String pem) {
        return of(Pem.request(pem).key(), "csr");
    }

    private static KeyHash of(byte[] der, String rule) {
        try {
            return of(SubjectPublicKeyInfo.getInstance(der), rule);
        } catch (IllegalArgumentException | IllegalStateException | ClassCastException e) {
            throw ProblemException.refused(rule, "this is no SubjectPublicKeyInfo in DER");
        }
    }

    private static KeyHash of(SubjectPublicKeyInfo key, String rule) {
        try {
            AsymmetricKeyParameter read = PublicKeyFactory.createKey(key);
            return KeyHash.of(SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(read));
        } catch (IOException | RuntimeException e) {
            throw ProblemException.refused(rule, "this is no EC, RSA or Ed25519 key");
        }
    }
}
