package dev.certfleet.agent.certificate;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.Json;
import dev.certfleet.agent.StateFolder;
import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.publish.StagedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * One certificate's folder in the state folder: {@code state.json}; {@code next.key} and {@code next.crt} while a request is
 * under way; {@code current.crt}, a copy of what is published; {@code last.key} and {@code last.crt}, the last good pair, until
 * the published one is proven. Of a key that is in use there is no copy.
 */
final class CertificateFolder {
    private static final System.Logger LOG = System.getLogger("certfleet.agent.state");

    private final Path folder;

    CertificateFolder(Path folder) {
        this.folder = folder;
    }

    CertificateState load() {
        Path file = folder.resolve("state.json");
        try {
            CertificateState state = Json.read(CertificateState.class, Files.readAllBytes(file));
            if (state.format() != CertificateState.FORMAT || state.stage() == null) {
                throw new IOException("its format is " + state.format());
            }
            return state;
        } catch (NoSuchFileException e) {
            return CertificateState.missing();
        } catch (IOException e) {
            // The published files go on working; a new certificate replaces them.
            LOG.log(System.Logger.Level.WARNING, "cannot use {0}, starting again: {1}", file, Trouble.oneLine(e));
            return CertificateState.missing();
        }
    }

    void save(CertificateState state) {
        write("state.json", Json.write(state));
    }

    void writeNextKey(String pem) {
        write("next.key", pem.getBytes(US_ASCII));
    }

    void writeNextCertificate(String pem) {
        write("next.crt", pem.getBytes(US_ASCII));
    }

    void writeCurrentCertificate(String pem) {
        write("current.crt", pem.getBytes(US_ASCII));
    }

    void writeLast(String certificate, String key) {
        write("last.crt", certificate.getBytes(US_ASCII));
        write("last.key", key.getBytes(US_ASCII));
    }

    Optional<String> lastCertificate() {
        return read("last.crt");
    }

    Optional<String> lastKey() {
        return read("last.key");
    }

    void dropLast() {
        drop("last.key", "last.crt");
    }

    Optional<String> nextKey() {
        return read("next.key");
    }

    Optional<String> nextCertificate() {
        return read("next.crt");
    }

    Optional<String> currentCertificate() {
        return read("current.crt");
    }

    void dropNext() {
        drop("next.key", "next.crt");
    }

    private void drop(String... names) {
        try {
            for (String name : names) {
                Files.deleteIfExists(folder.resolve(name));
            }
        } catch (IOException e) {
            throw StagedFile.cannot(folder, e);
        }
    }

    private Optional<String> read(String name) {
        try {
            return Optional.of(Files.readString(folder.resolve(name), US_ASCII));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private void write(String name, byte[] contents) {
        StateFolder.createPrivate(folder);
        StagedFile.replace(folder.resolve(name), contents, StagedFile.PRIVATE, Optional.empty());
    }
}
