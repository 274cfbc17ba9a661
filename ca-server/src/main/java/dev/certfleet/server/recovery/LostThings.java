package dev.certfleet.server.recovery;

import dev.certfleet.server.ledger.LostBlocks;
import dev.certfleet.server.ledger.Restoration.Found;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What is lost, counted, and told one by one up to {@link Recovery#TOLD} of each kind. */
final class LostThings implements LostReader {
    private final List<Recovery.Lost> revocations = new ArrayList<>();
    private final List<Recovery.LostKey> keys = new ArrayList<>();
    private final List<Recovery.LostQuarantine> quarantines = new ArrayList<>();
    private long missing;

    @Override
    public void revocation(RevocationEntry entry, Found found) {
        missing++;
        if (revocations.size() < Recovery.TOLD) {
            revocations.add(new Recovery.Lost(
                    entry.revocation(),
                    entry.fingerprint(),
                    entry.serial(),
                    entry.cluster(),
                    entry.authority(),
                    entry.reason(),
                    Instant.parse(entry.revokedAt()),
                    found != Found.REVOCATION_LOST,
                    found != Found.AUTHORITY_LOST));
        }
    }

    @Override
    public void key(KeyEntry entry) {
        missing++;
        if (keys.size() < Recovery.TOLD) {
            keys.add(new Recovery.LostKey(entry.key(), entry.cause(), entry.cluster(), entry.node(), entry.at()));
        }
    }

    @Override
    public void quarantine(QuarantineEntry entry, LostBlocks.Found found) {
        missing++;
        if (quarantines.size() < Recovery.TOLD) {
            quarantines.add(new Recovery.LostQuarantine(
                    entry.quarantine(),
                    entry.cluster(),
                    entry.node(),
                    entry.known().at(),
                    entry.known().endedAt(),
                    found == LostBlocks.Found.END_LOST,
                    found != LostBlocks.Found.CLUSTER_LOST));
        }
    }

    long missing() {
        return missing;
    }

    List<Recovery.Lost> revocations() {
        return revocations;
    }

    List<Recovery.LostKey> keys() {
        return keys;
    }

    List<Recovery.LostQuarantine> quarantines() {
        return quarantines;
    }
}
