package dev.certfleet.server.signing;

import java.time.Instant;

/**
 * What a CRL says beside its entries (RFC 5280 section 5.1). Times are written in whole seconds, rounded down.
 *
 * @param number above every number that this issuer's CRLs of the same scope had before
 * @param thisUpdate when it was so
 * @param nextUpdate when the next one is there at the latest
 * @param scope what it covers
 */
public record CrlContents(long number, Instant thisUpdate, Instant nextUpdate, CrlScope scope) {}
