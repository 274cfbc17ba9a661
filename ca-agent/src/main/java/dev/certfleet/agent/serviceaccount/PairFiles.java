package dev.certfleet.agent.serviceaccount;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.publish.FileStamp;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.publish.StagedFile;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The published pair. Whatever is there is never touched, because every token in the cluster depends on it. */
final class PairFiles {
    private final Path privateKey;
    private final Path publicKey;
    /** To check a pair takes a signature: not again while nobody has touched it. */
    private @Nullable Pair checked;

    private List<Optional<FileStamp>> checkedAs = List.of();

    PairFiles(Layout layout) {
        this.privateKey = layout.serviceAccountKey();
        this.publicKey = layout.serviceAccountPublicKey();
    }

    /**
     * What is there; a missing public key is made from the private one.
     *
     * @throws Trouble where the two files are no pair
     */
    Optional<Pair> read() {
        boolean hasKey = exists(privateKey);
        if (!hasKey && !exists(publicKey)) {
            return Optional.empty();
        }
        if (!hasKey) {
            throw new Trouble(
                    ExitCode.FILES,
                    publicKey + " is there without " + privateKey
                            + "; put the key there, or remove the file to have the cluster's pair put there");
        }
        List<Optional<FileStamp>> stamps = List.of(FileStamp.of(privateKey), FileStamp.of(publicKey));
        Pair known = checked;
        if (known != null && stamps.equals(checkedAs)) {
            return Optional.of(known);
        }
        try {
            String key = Files.readString(privateKey);
            if (!exists(publicKey)) {
                create(publicKey, Pair.of(key).publicKey());
            }
            Pair pair = new Pair(key, Files.readString(publicKey)).checked();
            checked = pair;
            checkedAs = stamps;
            return Optional.of(pair);
        } catch (IOException | IllegalArgumentException e) {
            throw new Trouble(
                    ExitCode.FILES,
                    privateKey + " and " + publicKey + ": " + Trouble.oneLine(e)
                            + "; put both of one pair there, or remove both to have the cluster's put there",
                    e);
        }
    }

    /** Where there is none; both 0600, as kubeadm has them. */
    void publish(Pair pair) {
        create(privateKey, pair.privateKey());
        create(publicKey, pair.publicKey());
    }

    Path privateKey() {
        return privateKey;
    }

    /** By a hard link, which unlike rename() never replaces what somebody else made meanwhile. */
    private static void create(Path target, String contents) {
        Path draft = target.resolveSibling("." + target.getFileName() + ".certfleet-draft");
        StagedFile.replace(draft, contents.getBytes(US_ASCII), StagedFile.PRIVATE, Optional.empty());
        try {
            Files.createLink(target, draft);
            StagedFile.syncFolder(StagedFile.folderOf(target));
        } catch (FileAlreadyExistsException e) {
            // Somebody was faster; the next look decides by what is there.
        } catch (IOException e) {
            throw StagedFile.cannot(target, e);
        } finally {
            try {
                Files.deleteIfExists(draft);
            } catch (IOException e) {
                // Overwritten by the next attempt.
            }
        }
    }

    private static boolean exists(Path file) {
        return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
    }
}
