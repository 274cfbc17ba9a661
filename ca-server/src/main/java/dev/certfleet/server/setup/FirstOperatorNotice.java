package dev.certfleet.server.setup;

import java.nio.file.Path;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** Remembers where the first operator's credential is, to say so once the server is ready. */
@Component
class FirstOperatorNotice {
    private volatile Optional<Path> file = Optional.empty();

    void made(Optional<Path> credential) {
        file = credential;
    }

    Optional<Path> file() {
        return file;
    }
}
