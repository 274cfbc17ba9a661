package dev.certfleet.pki.crl;

import dev.certfleet.pki.der.DerException;
import java.math.BigInteger;
import java.security.PublicKey;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * A complete CRL of version 2 as it was read (RFC 5280 section 5.1): nothing in it is proven before {@link #isSignedBy} said
 * so. What cannot be understood, a critical extension above all, makes it unreadable.
 *
 * @param encoded the CRL itself, DER
 * @param issuer the issuer's name, DER
 * @param nextUpdate empty where it has none
 * @param number the CRL number; empty where it has none
 * @param authorityKeyId the issuer's key identifier; empty where it names none
 * @param scope what it is about
 * @param serials of the certificates that it lists, those on hold included
 * @param signature what is over it
 */
public record RevocationList(
        byte[] encoded,
        byte[] issuer,
        Instant thisUpdate,
        Optional<Instant> nextUpdate,
        Optional<BigInteger> number,
        Optional<byte[]> authorityKeyId,
        Scope scope,
        Set<BigInteger> serials,
        CrlSignature signature) {

    /**
     * What a CRL is about (RFC 5280 section 5.2.5).
     *
     * @param distributionPoints URIs of the distribution point that it is for; empty where it names none
     * @param indirect true where it speaks for other issuers than its own
     */
    public record Scope(Set<String> distributionPoints, boolean indirect) {
        /** Of a CRL that says nothing about it: all that its issuer issued. */
        public static final Scope WHOLE_ISSUER = new Scope(Set.of(), false);
    }

    /**
     * Reads one, strictly.
     *
     * @param limit the largest encoding that is read, in octets
     * @throws DerException saying what is wrong
     */
    public static RevocationList parse(byte[] encoding, int limit) throws DerException {
        return new CrlReader(encoding, limit).read();
    }

    /** True where this key made the signature. */
    public boolean isSignedBy(PublicKey key) {
        return signature.isBy(key);
    }
}
