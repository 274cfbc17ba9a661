package dev.certfleet.server.x509;

import java.util.Optional;

/** Stands for what is being written. */
final class Skeleton {
    private Skeleton() {}

    @SuppressWarnings("TypeParameterUnusedInFormals")
    static <T> T missing(Object... used) {
        return Optional.of(used).<T>flatMap(given -> Optional.empty()).orElseThrow();
    }
}
