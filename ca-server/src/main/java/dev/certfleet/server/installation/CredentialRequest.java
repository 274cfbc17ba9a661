package dev.certfleet.server.installation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * How a command on the server's machine asks the running server for an operator's credential: two files in the data
 * folder, whose mode says who can.
 */
public final class CredentialRequest {
    private static final String REQUEST = "operator-credential.request";
    private static final String ANSWER = "operator-credential.answer";

    private final Path folder;
    private final String operator;

    private CredentialRequest(Path folder, String operator) {
        this.folder = folder;
        this.operator = operator;
    }

    /** What the server said: the credential's file, or why not. */
    public record Answer(boolean made, String text) {}

    /** The command's side: leaves the request. */
    public static CredentialRequest leave(Path folder, String operator) throws IOException {
        Files.deleteIfExists(folder.resolve(ANSWER));
        // Whole from the moment it is there: the server looks at any time.
        Path temporary = Files.createTempFile(folder, REQUEST, null);
        try {
            Files.writeString(temporary, operator);
            Files.createLink(folder.resolve(REQUEST), temporary);
        } catch (FileAlreadyExistsException e) {
            throw new IOException("a request is waiting already; is the server running?", e);
        } finally {
            Files.deleteIfExists(temporary);
        }
        return new CredentialRequest(folder, operator);
    }

    /** The command's side: the answer, once there is one. */
    public Optional<Answer> read() throws IOException {
        Path file = folder.resolve(ANSWER);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        String text = Files.readString(file);
        Files.delete(file);
        return Optional.of(new Answer(text.startsWith("+"), text.substring(1)));
    }

    /** The command's side: takes the request back. */
    public void withdraw() throws IOException {
        Files.deleteIfExists(folder.resolve(REQUEST));
    }

    /** The server's side: takes a waiting request. */
    public static Optional<CredentialRequest> take(Path folder) {
        Path file = folder.resolve(REQUEST);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            String operator = Files.readString(file, StandardCharsets.UTF_8).strip();
            Files.delete(file);
            return Optional.of(new CredentialRequest(folder, operator));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String operator() {
        return operator;
    }

    /** The server's side: the credential is in this file. */
    public void answer(String file) {
        write("+" + file);
    }

    /** The server's side: there will be no credential. */
    public void refuse(String why) {
        write("-" + why);
    }

    private void write(String text) {
        try {
            Path temporary = folder.resolve(ANSWER + ".new");
            Files.writeString(temporary, text);
            Files.move(temporary, folder.resolve(ANSWER), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
