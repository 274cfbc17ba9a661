package dev.certfleet.agent.serviceaccount;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.StateFolder;
import dev.certfleet.agent.certificate.KeyPairs;
import dev.certfleet.agent.publish.StagedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.util.Optional;

/** What is under way, on disk before it is told to anybody: a pair on offer, the key that was asked with. */
final class Drafts {
    private final StateFolder folder;
    private final Path offer;
    private final Path agreement;

    Drafts(StateFolder folder) {
        this.folder = folder;
        this.offer = folder.serviceAccount().resolve("offer.key");
        this.agreement = folder.serviceAccount().resolve("agreement.key");
    }

    Optional<Pair> offer() {
        return read(offer).flatMap(text -> {
            try {
                return Optional.of(Pair.of(text));
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        });
    }

    Pair makeOffer(SecureRandom random) {
        Pair made = Pair.make(random);
        folder.write(offer, made.privateKey().getBytes(US_ASCII));
        return made;
    }

    Optional<KeyPair> agreement() {
        return read(agreement).flatMap(KeyPairs::decode);
    }

    KeyPair makeAgreement(SecureRandom random) {
        KeyPair made = Sealing.agreementKey(random);
        folder.write(agreement, KeyPairs.encode(made).getBytes(US_ASCII));
        return made;
    }

    void dropOffer() {
        drop(offer);
    }

    void dropAgreement() {
        drop(agreement);
    }

    private static Optional<String> read(Path file) {
        try {
            return Optional.of(Files.readString(file, US_ASCII));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static void drop(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw StagedFile.cannot(file, e);
        }
    }
}
