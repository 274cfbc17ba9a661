package dev.certfleet.server.signing;

/** Which certificates a CRL speaks of; it decides the CRL's extensions. */
public sealed interface CrlScope {
    /**
     * Every certificate of its issuer.
     *
     * @param deltaUrl where its delta is, for FreshestCRL (RFC 5280 section 5.2.6)
     */
    record Full(String deltaUrl) implements CrlScope {}

    /**
     * What changed since a full CRL (section 5.2.4).
     *
     * @param baseNumber that CRL's number
     */
    record Delta(long baseNumber) implements CrlScope {}

    /**
     * The certificates that name one place to find their CRL at (section 5.2.5).
     *
     * @param url that place, as it is in the certificates
     */
    record Shard(String url) implements CrlScope {}

    /** Certificates of several issuers, each told by its entry (sections 5.2.5 and 5.3.3). */
    record Indirect() implements CrlScope {}
}
