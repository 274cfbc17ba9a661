package dev.certfleet.server.enrolment.document;

import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.ParseException;
import java.util.Optional;

/** A signed JWT in compact serialization (RFC 7519, RFC 7515 section 3.1) whose signature is not verified yet. */
public final class SignedDocument {
    /** In characters. */
    public static final int LONGEST = 16 * 1024;

    private final SignedJWT jwt;
    private final JWTClaimsSet claims;

    private SignedDocument(SignedJWT jwt, JWTClaimsSet claims) {
        this.jwt = jwt;
        this.claims = claims;
    }

    /** @throws DocumentFormatException where it is no signed JWT, or asks for extensions that have to be understood */
    public static SignedDocument read(String text) throws DocumentFormatException {
        if (text.length() > LONGEST) {
            throw new DocumentFormatException("a document has at most " + LONGEST + " characters");
        }
        try {
            SignedJWT jwt = SignedJWT.parse(text);
            // RFC 7515 section 4.1.11: what is critical and not understood has to be refused
            if (jwt.getHeader().getCriticalParams() != null || !jwt.getHeader().isBase64URLEncodePayload()) {
                throw new DocumentFormatException("the document's header asks for extensions that are not known here");
            }
            JWTClaimsSet claims = jwt.getJWTClaimsSet();
            if (claims == null) {
                throw new DocumentFormatException("the document holds no claims");
            }
            return new SignedDocument(jwt, claims);
        } catch (ParseException | RuntimeException e) {
            // The library throws others too for JSON of an unexpected form
            throw new DocumentFormatException("this is no signed JWT as in RFC 7519");
        }
    }

    /** Who says to have signed it; empty where nobody does. */
    public String issuer() {
        String issuer = claims.getIssuer();
        return issuer == null ? "" : issuer;
    }

    /** What it says, where one of the keys signed it. */
    public Optional<Claims> verified(IssuerKeys keys) {
        String algorithm = jwt.getHeader().getAlgorithm().getName();
        return keys.named(jwt.getHeader().getKeyID())
                .filter(key -> key.signed(
                        algorithm, jwt.getSigningInput(), jwt.getSignature().decode()))
                .map(key -> new Claims(claims, sha256(jwt.getSigningInput())));
    }

    private static byte[] sha256(byte[] octets) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(octets);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** The document does not show in logs: who has it may enrol. */
    @Override
    public String toString() {
        return "SignedDocument[…]";
    }
}
