package dev.certfleet.server.probe;

import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.x509.AuthorityUrls;
import java.util.ArrayList;
import java.util.List;

/** What an authority publishes, and so has to be found. */
sealed interface Published {
    /** Where it is found. */
    String url();

    /** The authority's certificate. */
    record Certificate(String url) implements Published {}

    /** The full CRL, or the indirect one. */
    record Crl(String url) implements Published {}

    /** The delta CRL. */
    record Delta(String url) implements Published {}

    /** A shard of the CRL. */
    record Shard(String url) implements Published {}

    /** @param turn which shard it is this time */
    static List<Published> of(Authority authority, int turn) {
        AuthorityUrls urls = authority.urls();
        List<Published> all = new ArrayList<>(
                List.of(new Crl(urls.crl()), new Delta(urls.deltaCrl()), new Certificate(urls.caIssuers())));
        if (authority.cluster() != null) {
            all.add(new Crl(urls.indirectCrl()));
        }
        if (urls.crlShards() > 1) {
            all.add(new Shard(urls.shardCrl(Math.floorMod(turn, urls.crlShards()))));
        }
        return all;
    }
}
