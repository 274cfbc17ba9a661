package dev.certfleet.server.recovery;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.time.DateTimeException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** A line of the journal, JSON. Its {@code kind} says what it is of. Times are RFC 3339. */
@JsonTypeInfo(
        use = JsonTypeInfo.Id.NAME,
        include = JsonTypeInfo.As.EXISTING_PROPERTY,
        property = "kind",
        visible = true)
@JsonSubTypes({
    @JsonSubTypes.Type(
            value = RevocationEntry.class,
            names = {"revoked", "released", RevocationEntry.GIVEN_UP}),
    @JsonSubTypes.Type(
            value = KeyEntry.class,
            names = {KeyEntry.BLOCKED, KeyEntry.GIVEN_UP}),
    @JsonSubTypes.Type(
            value = QuarantineEntry.class,
            names = {QuarantineEntry.BEGUN, QuarantineEntry.ENDED, QuarantineEntry.GIVEN_UP})
})
sealed interface JournalEntry permits RevocationEntry, KeyEntry, QuarantineEntry {
    String kind();

    /** Null where it belongs to none. */
    @Nullable
    String cluster();

    /**
     * Whether it has all that a replay asks for.
     *
     * @throws IllegalArgumentException where a part is not what it is to be
     * @throws DateTimeException where a time is none
     */
    @JsonIgnore
    boolean isComplete();

    /** @throws IllegalArgumentException where a server of this version wrote no such line */
    static JournalEntry read(JsonMapper json, String line) {
        // As every server wrote it; of an array with the kind before the object Jackson would make an entry too
        if (!line.startsWith("{\"kind\":\"")) {
            throw new IllegalArgumentException("not an entry of a journal");
        }
        try {
            JournalEntry entry = json.readValue(line, JournalEntry.class);
            if (entry == null || !entry.isComplete()) {
                throw new IllegalArgumentException("not an entry of a journal");
            }
            return entry;
        } catch (JacksonException e) {
            throw new IllegalArgumentException("not an entry of a journal: " + e.getOriginalMessage(), e);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("not a time: " + e.getMessage(), e);
        }
    }
}
