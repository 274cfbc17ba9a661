package dev.certfleet.server.x509;

/**
 * Where relying parties find an authority's status, baked into each certificate (RFC 5280 sections 4.2.1.13 and 4.2.2.1).
 *
 * @param base the cluster's status address, without a slash at the end
 * @param authority the authority's name, for example {@code prod-kubernetes-1}
 * @param crlShards how many shards its CRL is in, 1 for a CRL that is not sharded
 */
public record AuthorityUrls(String base, String authority, int crlShards) {
    /** @throws IllegalArgumentException unless there are 1 to {@value CrlShards#MOST} shards */
    public AuthorityUrls {
        if (crlShards < 1 || crlShards > CrlShards.MOST) {
            throw new IllegalArgumentException("a CRL has 1 to " + CrlShards.MOST + " shards");
        }
    }

    /**
     * The URLs of an authority below a cluster's status address.
     *
     * @param statusUrl for example {@code http://status.example.org:8080}; a slash at the end is taken off
     * @param authority the authority's name, for example {@code prod-kubernetes-1}
     */
    public static AuthorityUrls of(String statusUrl, String authority, int crlShards) {
        String base = statusUrl.endsWith("/") ? statusUrl.substring(0, statusUrl.length() - 1) : statusUrl;
        return new AuthorityUrls(base, authority, crlShards);
    }

    /** Where OCSP requests are sent. */
    public String ocsp() {
        return base + "/ocsp";
    }

    /** The authority's certificate in DER. */
    public String caIssuers() {
        return base + "/ca/" + authority + ".crt";
    }

    /** The authority's complete CRL in DER. */
    public String crl() {
        return base + "/crl/" + authority + ".crl";
    }

    /** What changed since the newest scheduled complete CRL (RFC 5280 section 5.2.4). */
    public String deltaCrl() {
        return base + "/crl/" + authority + ".delta.crl";
    }

    /** One CRL for all generations of the authority (RFC 5280 section 5.2.5). */
    public String indirectCrl() {
        return base + "/crl/" + authority + ".indirect.crl";
    }

    /** A shard of the complete CRL. */
    public String shardCrl(int shard) {
        return base + "/crl/" + authority + "/" + shard + ".crl";
    }

    /** The CRL that a certificate names: its shard, or the complete one where there is one shard only. */
    public String crlOf(Serial serial) {
        return crlShards == 1 ? crl() : shardCrl(CrlShards.of(serial, crlShards));
    }
}
