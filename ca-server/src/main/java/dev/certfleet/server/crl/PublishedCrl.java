package dev.certfleet.server.crl;

import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A published CRL as this server has it at hand.
 *
 * @param number its CRL number
 * @param thisUpdate when it was so; the CRL itself has it in whole seconds
 * @param nextUpdate when it is superseded at the latest
 * @param size its length in octets
 * @param octets its DER; null where it is in a file
 * @param file its DER; null where it is in memory. The file stays for {@link Crls#GRACE} after it was superseded
 */
public record PublishedCrl(
        long number,
        Instant thisUpdate,
        Instant nextUpdate,
        long size,
        byte @Nullable [] octets,
        @Nullable Path file) {}
