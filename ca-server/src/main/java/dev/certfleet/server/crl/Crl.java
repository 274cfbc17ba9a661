package dev.certfleet.server.crl;

import java.time.Instant;

/**
 * A published CRL.
 *
 * @param authority its issuer
 * @param number its CRL number
 * @param thisUpdate when it was so; the CRL itself has it in whole seconds
 * @param nextUpdate when it is superseded at the latest
 * @param der its encoding
 */
public record Crl(String authority, long number, Instant thisUpdate, Instant nextUpdate, byte[] der) {}
