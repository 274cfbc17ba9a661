package dev.certfleet.server.installation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;

/** A sealing key that is the same in each run: 32 octets, all of them 7. Tests only. */
public final class KnownSealingKey {
    private KnownSealingKey() {}

    public static SealingKey read() {
        try {
            Path file = Files.createTempFile("sealing", ".key");
            try {
                Files.write(file, SealingKey.newFile(new Sevens()));
                return SealingKey.read(file, new SecureRandom());
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Sevens extends SecureRandom {
        private static final long serialVersionUID = 1L;

        @Override
        public void nextBytes(byte[] octets) {
            Arrays.fill(octets, (byte) 7);
        }
    }
}
