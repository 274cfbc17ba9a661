package dev.certfleet.server.installation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file by which a command asks the running server for an operator's credential. */
class CredentialRequestTest {
    @TempDir
    Path folder;

    @Test
    void isSeenWholeByAServerThatLooksAllTheTime() throws Exception {
        var stopped = new AtomicBoolean();
        var names = ConcurrentHashMap.<String>newKeySet();
        Thread server = Thread.ofPlatform().start(() -> {
            while (!stopped.get()) {
                CredentialRequest.take(folder).map(CredentialRequest::operator).ifPresent(names::add);
            }
        });

        for (int i = 0; i < 1_000; i++) {
            leave();
        }
        stopped.set(true);
        server.join();
        Optional<CredentialRequest> last = CredentialRequest.take(folder);

        last.ifPresent(request -> names.add(request.operator()));
        assertThat(names).containsExactly("admin");
        assertThat(folder).isEmptyDirectory();
    }

    private void leave() {
        try {
            CredentialRequest.leave(folder, "admin");
        } catch (IOException e) {
            // The one before waits still.
        }
    }
}
