package dev.certfleet.server.setup;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.Pem;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.installation.DataFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.Collectors;
import org.springframework.stereotype.Component;

/** The file by which operators trust the servers: every authority that is trusted, the one that issues first. */
@Component
class InstallationFile {
    static final String NAME = "installation-ca.crt";

    private final Authorities authorities;
    private final DataFolder folder;

    InstallationFile(Authorities authorities, DataFolder folder) {
        this.authorities = authorities;
        this.folder = folder;
    }

    /** Writes it where it is not as it should be. */
    void refresh() {
        byte[] wanted = authorities.generations(null, AuthorityKind.INSTALLATION).stream()
                .filter(authority -> !authority.isWithdrawn())
                .sorted(Comparator.comparing((Authority authority) -> !authority.is(Authority.State.ACTIVE)))
                .map(Authority::anchor)
                .map(anchor -> Pem.encode(Pem.CERTIFICATE, anchor))
                .distinct()
                .collect(Collectors.joining())
                .getBytes(StandardCharsets.US_ASCII);
        Path file = folder.file(NAME);
        try {
            if (Files.exists(file) && Arrays.equals(Files.readAllBytes(file), wanted)) {
                return;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        folder.writePublic(NAME, wanted);
    }
}
