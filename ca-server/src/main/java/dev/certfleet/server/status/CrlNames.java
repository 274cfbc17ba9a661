package dev.certfleet.server.status;

import dev.certfleet.server.crl.CrlId;
import dev.certfleet.server.crl.CrlPart;
import java.util.Optional;

/** Which CRL a path names: AUTHORITY, AUTHORITY.delta, AUTHORITY.indirect or AUTHORITY/SHARD. */
final class CrlNames {
    private static final String DELTA = ".delta";
    private static final String INDIRECT = ".indirect";

    private CrlNames() {}

    /** @param name the path behind {@code /crl/}, without {@code .crl} at its end */
    static Optional<CrlId> parse(String name) {
        int slash = name.indexOf('/');
        if (slash >= 0) {
            return CrlPart.ofShard(name.substring(slash + 1)).map(shard -> new CrlId(name.substring(0, slash), shard));
        }
        if (name.endsWith(DELTA)) {
            return Optional.of(new CrlId(without(name, DELTA), CrlPart.DELTA));
        }
        if (name.endsWith(INDIRECT)) {
            return Optional.of(new CrlId(without(name, INDIRECT), CrlPart.INDIRECT));
        }
        return Optional.of(new CrlId(name, CrlPart.FULL));
    }

    private static String without(String name, String end) {
        return name.substring(0, name.length() - end.length());
    }
}
