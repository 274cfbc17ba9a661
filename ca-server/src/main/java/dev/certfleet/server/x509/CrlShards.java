package dev.certfleet.server.x509;

import java.util.Arrays;

/**
 * How an authority's certificates are spread over the shards of its CRL: equal ranges of the first two octets of their
 * serials. The first octet of certfleet's own serials is never 0; shorter ones, as adopted certificates have, are in the first
 * shard.
 */
public final class CrlShards {
    /** The most that an authority can have. */
    public static final int MOST = 1024;

    private static final int FIRST = 0x100;
    private static final int PREFIXES = 0x10000 - FIRST;

    private CrlShards() {}

    /** The shard of a serial, from 0. */
    public static int of(Serial serial, int shards) {
        byte[] octets = serial.bytes();
        int prefix = Byte.toUnsignedInt(octets[0]) << 8 | Byte.toUnsignedInt(octets[1]);
        return Math.max(0, prefix - FIRST) * shards / PREFIXES;
    }

    /** The lowest serial of a shard, as {@link Serial#bytes()} gives it. */
    public static byte[] lowest(int shard, int shards) {
        return serial(shard == 0 ? 0 : prefix(shard, shards), (byte) 0);
    }

    /** The highest serial of a shard. */
    public static byte[] highest(int shard, int shards) {
        return serial(prefix(shard + 1, shards) - 1, (byte) 0xff);
    }

    private static int prefix(int shard, int shards) {
        return FIRST + Math.ceilDiv(shard * PREFIXES, shards);
    }

    private static byte[] serial(int prefix, byte rest) {
        byte[] octets = new byte[Serial.LENGTH];
        Arrays.fill(octets, rest);
        octets[0] = (byte) (prefix >> 8);
        octets[1] = (byte) prefix;
        return octets;
    }
}
