package dev.certfleet.server.recovery;

import dev.certfleet.server.installation.CarriedText;
import dev.certfleet.server.installation.SealingKey;
import dev.certfleet.server.ledger.Feed;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.stereotype.Component;

/**
 * How far a feed had come when it was read, under a MAC of a key that no database holds: a server that lost its memory
 * believes what it said before, and nobody else can say it.
 */
@Component
class Marks {
    private static final int LONGEST = 512;
    private static final int PARTS = 3;

    private final CarriedText carried;

    Marks(SealingKey sealingKey) {
        this.carried = new CarriedText(sealingKey, "certfleet feed mark v1", LONGEST);
    }

    /**
     * @param cluster whose feed
     * @param head how far it had come
     */
    record Mark(String cluster, Feed.Head head) {}

    String write(Mark mark) {
        return carried.write(parts(mark));
    }

    /** Empty where it is none of this installation's. */
    Optional<Mark> read(String text) {
        return carried.read(text, PARTS)
                .flatMap(parts -> mark(parts).filter(read -> parts(read).equals(parts)));
    }

    private static List<String> parts(Mark mark) {
        return List.of(
                mark.cluster(), mark.head().epoch(), Long.toString(mark.head().sequence()));
    }

    private static Optional<Mark> mark(List<String> parts) {
        try {
            return Optional.of(new Mark(
                    parts.get(0),
                    new Feed.Head(UUID.fromString(parts.get(1)).toString(), Long.parseLong(parts.get(2)))));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
