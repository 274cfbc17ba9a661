package dev.certfleet.agent.gate;

import dev.certfleet.agent.gate.CredentialIndex.FeedPosition;
import dev.certfleet.pki.RevocationReason;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.jr.ob.JSON;

/**
 * The index on disk, so that a restart has no gap: what was refused before it is refused from the first request after it, with
 * or without the CA. Written whole to a temporary file, forced to disk and renamed.
 */
final class StateFile {
    private static final System.Logger LOG = System.getLogger("certfleet.agent.gate");
    private static final int VERSION = 1;
    private static final long MAX_SIZE = 256L << 20;

    private final Path file;

    StateFile(Path file) {
        this.file = file;
    }

    /** The file's JSON. Times are in milliseconds since 1970; 0 stands for none. */
    record Saved(
            int version,
            String epoch,
            long sequence,
            List<SavedCredential> credentials,
            List<SavedUnknown> neverIssued,
            @Nullable SavedMark mark) {}

    /**
     * One entry; {@code at}, {@code reason} and {@code confirmed} belong to the standing. No component may begin with {@code is} or
     * {@code get}: jackson-jr takes those for prefixes.
     */
    record SavedCredential(
            String id,
            String serial,
            String authority,
            long notAfter,
            String standing,
            long at,
            @Nullable String reason,
            boolean confirmed,
            long thisUpdate,
            long released) {}

    record SavedUnknown(String id, long at) {}

    record SavedMark(String text, String epoch, long sequence) {}

    /** Fills the index; false where there was nothing to read, or nothing readable: that file is put aside. */
    boolean load(CredentialIndex index) {
        if (!Files.exists(file)) {
            return false;
        }
        try {
            if (Files.size(file) > MAX_SIZE) {
                throw new IOException("it is larger than " + MAX_SIZE + " octets");
            }
            Saved saved = JSON.std.beanFrom(Saved.class, Files.readAllBytes(file));
            if (saved == null || saved.version() != VERSION) {
                throw new IOException("it is not of version " + VERSION);
            }
            List<Credential> credentials =
                    saved.credentials().stream().map(StateFile::restored).toList();
            credentials.forEach(index::restore);
            saved.neverIssued()
                    .forEach(one -> index.neverIssued(fingerprint(one.id()), Instant.ofEpochMilli(one.at())));
            index.position(new FeedPosition(saved.epoch(), saved.sequence()));
            SavedMark mark = saved.mark();
            if (mark != null) {
                index.mark(new Mark(mark.text(), mark.epoch(), mark.sequence()));
            }
            index.takeChanged();
            index.takeMustBeSaved();
            return true;
        } catch (IOException | JacksonException | IllegalArgumentException | NullPointerException e) {
            putAside(e);
            return false;
        }
    }

    private void putAside(Exception why) {
        Path aside = file.resolveSibling(file.getFileName() + ".unreadable");
        LOG.log(
                System.Logger.Level.ERROR,
                "{0} cannot be read and is kept as {1}; the whole feed is read again: {2}",
                file,
                aside,
                why);
        try {
            Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.ERROR, "{0} cannot be put aside: {1}", file, e);
        }
    }

    void save(CredentialIndex index) throws IOException {
        FeedPosition position = index.position();
        Saved saved = new Saved(
                VERSION,
                position.epoch(),
                position.sequence(),
                index.all().stream().map(StateFile::saved).toList(),
                index.allNeverIssued().entrySet().stream()
                        .map(one -> new SavedUnknown(
                                one.getKey().hex(), one.getValue().toEpochMilli()))
                        .toList(),
                index.mark()
                        .map(mark -> new SavedMark(mark.text(), mark.epoch(), mark.sequence()))
                        .orElse(null));
        AtomicFile.write(file, JSON.std.asBytes(saved));
    }

    private static SavedCredential saved(Credential credential) {
        String kind;
        Instant at = null;
        String reason = null;
        boolean confirmed = false;
        switch (credential.standing()) {
            case Standing.Unchecked unchecked -> kind = "unchecked";
            case Standing.Good good -> {
                kind = "good";
                at = good.checkedAt();
            }
            case Standing.Refused refused -> {
                kind = "refused";
                at = refused.since();
                reason = refused.reason().label();
                confirmed = refused.confirmed();
            }
            case Standing.Disowned disowned -> {
                kind = "disowned";
                at = disowned.since();
            }
        }
        return new SavedCredential(
                credential.id().hex(),
                credential.serial().toString(16),
                credential.issuer(),
                credential.notAfter().toEpochMilli(),
                kind,
                millis(at),
                reason,
                confirmed,
                millis(credential.thisUpdate()),
                millis(credential.released()));
    }

    private static Credential restored(SavedCredential saved) {
        Standing standing = switch (saved.standing()) {
            case "unchecked" -> new Standing.Unchecked();
            case "good" -> new Standing.Good(Instant.ofEpochMilli(saved.at()));
            case "refused" ->
                new Standing.Refused(
                        Instant.ofEpochMilli(saved.at()),
                        saved.reason() == null ? RevocationReason.UNSPECIFIED : RevocationReason.of(saved.reason()),
                        saved.confirmed());
            case "disowned" -> new Standing.Disowned(Instant.ofEpochMilli(saved.at()));
            default -> throw new IllegalArgumentException("a standing of '" + saved.standing() + "'");
        };
        return new Credential(
                fingerprint(saved.id()),
                new BigInteger(saved.serial(), 16),
                saved.authority().intern(),
                Instant.ofEpochMilli(saved.notAfter()),
                standing,
                instant(saved.thisUpdate()),
                instant(saved.released()));
    }

    private static Fingerprint fingerprint(String hex) {
        return Fingerprint.parse(hex).orElseThrow(() -> new IllegalArgumentException("not a fingerprint: " + hex));
    }

    private static long millis(@Nullable Instant instant) {
        return instant == null ? 0 : instant.toEpochMilli();
    }

    private static @Nullable Instant instant(long millis) {
        return millis == 0 ? null : Instant.ofEpochMilli(millis);
    }
}
