package dev.certfleet.agent.identity;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.Trouble;
import dev.certfleet.pki.Certificates;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;

/**
 * An enrolment token. It comes from a file, the environment or standard input, never from an argument, which every process
 * on the machine could read; it is written nowhere and does not show in logs.
 */
public final class Token implements Evidence {
    /** The environment variable that may hold it. */
    public static final String VARIABLE = "CERTFLEET_ENROLMENT_TOKEN";

    private static final System.Logger LOG = System.getLogger("certfleet.agent.enrolment");
    private static final int LONGEST = 4096;

    private final String secret;

    private Token(String secret) {
        this.secret = secret;
    }

    /** Empty where there is no such file. */
    public static Optional<Token> fromFile(Path file) {
        try {
            if (Files.size(file) > LONGEST) {
                throw new Trouble(ExitCode.SETTINGS, "the token file " + file + " holds more than a token");
            }
            if (Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "the token file {0} can be read by every user of this machine; chmod 600 it",
                        file);
            }
            return Optional.of(of(Files.readString(file), "the token file " + file));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new Trouble(ExitCode.FILES, "cannot read the token file " + file + ": " + Trouble.oneLine(e), e);
        }
    }

    public static Token fromStream(InputStream stream) {
        try {
            return of(new String(stream.readNBytes(LONGEST), UTF_8), "standard input");
        } catch (IOException e) {
            throw new Trouble(ExitCode.FILES, "cannot read the token from standard input: " + Trouble.oneLine(e), e);
        }
    }

    public static Token of(String text, String source) {
        String secret = text.strip();
        if (secret.isEmpty()) {
            throw new Trouble(ExitCode.SETTINGS, source + " holds no token");
        }
        if (secret.chars().anyMatch(Character::isWhitespace)) {
            throw new Trouble(ExitCode.SETTINGS, source + " holds more than a token");
        }
        return new Token(secret);
    }

    String secret() {
        return secret;
    }

    @Override
    public String digest() {
        return Certificates.fingerprint(secret.getBytes(UTF_8));
    }

    @Override
    public String toString() {
        return "Token[…]";
    }
}
