package dev.certfleet.server.signing;

import dev.certfleet.server.x509.RevokedCertificate;
import java.time.Instant;

/**
 * What a full CRL says (RFC 5280 section 5.1). Times are written in whole seconds, rounded down.
 *
 * @param number above every number that this issuer's CRLs had before
 * @param thisUpdate when it was so
 * @param nextUpdate when the next one is there at the latest
 * @param entries read once
 */
public record CrlContents(long number, Instant thisUpdate, Instant nextUpdate, Iterable<RevokedCertificate> entries) {}
