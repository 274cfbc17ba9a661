package dev.certfleet.server.x509;

/**
 * Where relying parties find an authority's status, baked into each certificate (RFC 5280 sections 4.2.1.13 and 4.2.2.1).
 *
 * @param ocsp where OCSP requests are sent
 * @param caIssuers the authority's certificate in DER
 * @param crl the authority's CRL in DER
 */
public record AuthorityUrls(String ocsp, String caIssuers, String crl) {
    /**
     * The URLs of an authority below a cluster's status address.
     *
     * @param statusUrl for example {@code http://status.example.org:8080}; a slash at the end is taken off
     * @param authority the authority's name, for example {@code prod-kubernetes-1}
     */
    public static AuthorityUrls of(String statusUrl, String authority) {
        String base = statusUrl.endsWith("/") ? statusUrl.substring(0, statusUrl.length() - 1) : statusUrl;
        return new AuthorityUrls(
                base + "/ocsp", base + "/ca/" + authority + ".crt", base + "/crl/" + authority + ".crl");
    }
}
