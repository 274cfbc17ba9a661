package dev.certfleet.server.enrolment.document;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A public key of an issuer, for one algorithm and no other: what a document's header says chooses nothing (RFC 8725
 * sections 3.1 and 3.2).
 */
final class IssuerKey {
    private static final int SMALLEST_RSA = 2048;
    private static final int ED25519_OCTETS = 32;

    /** What an issuer may sign with (RFC 7518 sections 3.3 and 3.4, RFC 8037 section 3.1 and RFC 9864 section 2.2). */
    private enum Kind {
        RS256("SHA256withRSA", Set.of("RS256")),
        ES256("SHA256withECDSAinP1363Format", Set.of("ES256")),
        EDDSA("Ed25519", Set.of("EdDSA", "Ed25519"));

        private final String signature;
        private final Set<String> names;

        Kind(String signature, Set<String> names) {
            this.signature = signature;
            this.names = names;
        }
    }

    private final @Nullable String id;
    private final Kind kind;
    private final PublicKey key;

    private IssuerKey(@Nullable String id, Kind kind, PublicKey key) {
        this.id = id;
        this.kind = kind;
        this.key = key;
    }

    static IssuerKey of(JWK jwk) throws DocumentFormatException {
        String name = jwk.getKeyID() == null ? "the key" : "the key '" + jwk.getKeyID() + "'";
        if (jwk.isPrivate()) {
            throw new DocumentFormatException(name + " is private or secret; give the public keys only");
        }
        if (jwk.getKeyUse() != null && !jwk.getKeyUse().equals(KeyUse.SIGNATURE)) {
            throw new DocumentFormatException(name + " is not for signatures");
        }
        try {
            IssuerKey read = switch (jwk) {
                case RSAKey rsa
                when rsa.size() >= SMALLEST_RSA -> new IssuerKey(jwk.getKeyID(), Kind.RS256, rsa.toRSAPublicKey());
                case ECKey ec
                when ec.getCurve().equals(Curve.P_256) -> new IssuerKey(jwk.getKeyID(), Kind.ES256, ec.toECPublicKey());
                case OctetKeyPair edwards
                when edwards.getCurve().equals(Curve.Ed25519) ->
                    new IssuerKey(jwk.getKeyID(), Kind.EDDSA, ed25519(edwards.getDecodedX()));
                default ->
                    throw new DocumentFormatException(
                            name + " is none of RSA with 2048 bits or more, EC on P-256, and Ed25519");
            };
            if (jwk.getAlgorithm() != null
                    && !read.kind.names.contains(jwk.getAlgorithm().getName())) {
                throw new DocumentFormatException(
                        name + " is for " + jwk.getAlgorithm() + ", which is none of RS256, ES256 and EdDSA");
            }
            return read;
        } catch (JOSEException | GeneralSecurityException | IllegalArgumentException e) {
            throw new DocumentFormatException(name + " cannot be read");
        }
    }

    /** RFC 8032 section 5.1.2: the y coordinate from its least octet on, and the lowest bit of x above it. */
    private static PublicKey ed25519(byte[] encoded) throws GeneralSecurityException, DocumentFormatException {
        if (encoded.length != ED25519_OCTETS) {
            throw new DocumentFormatException("an Ed25519 key has 32 octets");
        }
        byte[] y = new byte[ED25519_OCTETS];
        for (int i = 0; i < y.length; i++) {
            y[i] = encoded[y.length - 1 - i];
        }
        boolean xIsOdd = (y[0] & 0x80) != 0;
        y[0] &= 0x7f;
        return KeyFactory.getInstance("Ed25519")
                .generatePublic(
                        new EdECPublicKeySpec(NamedParameterSpec.ED25519, new EdECPoint(xIsOdd, new BigInteger(1, y))));
    }

    @Nullable
    String id() {
        return id;
    }

    /** Whether this key made the signature, by the algorithm that both it and the header are for. */
    boolean signed(String algorithm, byte[] signed, byte[] signature) {
        if (!kind.names.contains(algorithm)) {
            return false;
        }
        try {
            Signature verifier = Signature.getInstance(kind.signature);
            verifier.initVerify(key);
            verifier.update(signed);
            return verifier.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
