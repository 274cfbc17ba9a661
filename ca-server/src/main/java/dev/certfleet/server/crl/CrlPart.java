package dev.certfleet.server.crl;

import dev.certfleet.server.x509.CrlShards;
import java.util.Optional;

/**
 * Which of an authority's CRLs.
 *
 * @param kind what it covers
 * @param shard the shard, from 0; 0 for the other kinds
 */
public record CrlPart(Kind kind, int shard) {
    /** In the order in which they are made after a change. */
    public enum Kind {
        /** What changed since the newest scheduled full one. */
        DELTA,
        /** The certificates of one range of serials. */
        SHARD,
        /** All certificates of the authority. */
        FULL,
        /** All certificates of all generations of the authority. */
        INDIRECT
    }

    public static final CrlPart FULL = new CrlPart(Kind.FULL, 0);
    public static final CrlPart DELTA = new CrlPart(Kind.DELTA, 0);
    public static final CrlPart INDIRECT = new CrlPart(Kind.INDIRECT, 0);

    private static final String SHARD = "shard-";

    public static CrlPart shard(int shard) {
        return new CrlPart(Kind.SHARD, shard);
    }

    /** As it is in the database and in the names of files. */
    String label() {
        return switch (kind) {
            case FULL -> "full";
            case DELTA -> "delta";
            case INDIRECT -> "indirect";
            case SHARD -> SHARD + shard;
        };
    }

    static CrlPart of(String label) {
        return switch (label) {
            case "full" -> FULL;
            case "delta" -> DELTA;
            case "indirect" -> INDIRECT;
            default -> shard(Integer.parseInt(label.substring(SHARD.length())));
        };
    }

    /** A shard by its number in decimal digits; empty where it is none that an authority could have. */
    public static Optional<CrlPart> ofShard(String digits) {
        if (!digits.matches("0|[1-9][0-9]{0,3}") || Integer.parseInt(digits) >= CrlShards.MOST) {
            return Optional.empty();
        }
        return Optional.of(shard(Integer.parseInt(digits)));
    }
}
