package dev.certfleet.server.recovery;

import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.ledger.BlockedKeys;
import dev.certfleet.server.ledger.LostBlocks;
import dev.certfleet.server.ledger.QuarantineRecord;
import dev.certfleet.server.ledger.Restoration;
import dev.certfleet.server.ledger.Restoration.Found;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Puts back what it is told of as lost, some at a time. Servers that replay at once take turns. */
@Component
class Replay {
    private static final int TOGETHER = 200;

    private final Incidents incidents;
    private final Restoration restoration;
    private final LostBlocks blocks;
    private final BlockedKeys blockedKeys;
    private final AuditLog audit;
    private final TransactionTemplate transaction;

    Replay(
            Incidents incidents,
            Restoration restoration,
            LostBlocks blocks,
            BlockedKeys blockedKeys,
            AuditLog audit,
            PlatformTransactionManager transactions) {
        this.incidents = incidents;
        this.restoration = restoration;
        this.blocks = blocks;
        this.blockedKeys = blockedKeys;
        this.audit = audit;
        this.transaction = new TransactionTemplate(transactions);
    }

    /**
     * What is lost goes back through this; {@link Batch#flush} what is left in the end.
     *
     * @param self the server whose journal is read
     */
    Batch batch(String actor, UUID self) {
        return new Batch(actor, self);
    }

    /** Revocations before keys: those that come from the journal keep their ids, and what is left of a key is revoked anew. */
    final class Batch implements LostReader {
        private final String actor;
        private final UUID self;
        private final List<RevocationEntry> revocations = new ArrayList<>();
        private final List<Found> found = new ArrayList<>();
        private final List<KeyEntry> keys = new ArrayList<>();
        private long revocationsPutBack;
        private long certificatesPutBack;
        private long keysPutBack;
        private long quarantinesPutBack;

        private Batch(String actor, UUID self) {
            this.actor = actor;
            this.self = self;
        }

        @Override
        public void revocation(RevocationEntry entry, Found of) {
            if (of == Found.AUTHORITY_LOST) {
                return;
            }
            revocations.add(entry);
            found.add(of);
            if (revocations.size() == TOGETHER) {
                flush();
            }
        }

        @Override
        public void key(KeyEntry entry) {
            keys.add(entry);
            if (keys.size() == TOGETHER) {
                flush();
            }
        }

        @Override
        public void quarantine(QuarantineEntry entry, LostBlocks.Found of) {
            flush();
            transaction.executeWithoutResult(status -> {
                incidents.lock();
                putBack(entry.known());
            });
        }

        void flush() {
            transaction.executeWithoutResult(status -> {
                incidents.lock();
                for (int i = 0; i < revocations.size(); i++) {
                    putBack(revocations.get(i), found.get(i));
                }
            });
            revocations.clear();
            found.clear();
            transaction.executeWithoutResult(status -> {
                incidents.lock();
                if (!keys.isEmpty()) {
                    blockedKeys.keepFromIssuing();
                }
                keys.forEach(entry -> putBack(entry.known()));
            });
            keys.clear();
        }

        private void putBack(RevocationEntry entry, Found of) {
            if (!restoration.putBack(entry.known(), self)) {
                return;
            }
            audit.append(
                    actor,
                    new AuditEvent.RevocationReplayed(
                            entry.cluster(), entry.fingerprint(), entry.serial(), entry.reason(), entry.revokedAt()));
            revocationsPutBack++;
            certificatesPutBack += of == Found.CERTIFICATE_LOST ? 1 : 0;
        }

        private void putBack(BlockedKeys.Entry key) {
            blocks.putBack(key, self);
            audit.append(
                    actor,
                    new AuditEvent.BlockedKeyReplayed(
                            key.key().hex(), key.cause(), key.at().toString()));
            keysPutBack++;
        }

        private void putBack(QuarantineRecord quarantine) {
            if (!blocks.putBack(quarantine, self)) {
                return;
            }
            audit.append(
                    actor,
                    new AuditEvent.QuarantineReplayed(
                            quarantine.cluster(),
                            quarantine.node(),
                            quarantine.at().toString(),
                            quarantine.endedAt() == null
                                    ? null
                                    : quarantine.endedAt().toString()));
            quarantinesPutBack++;
        }

        Recovery.Replayed done() {
            return new Recovery.Replayed(revocationsPutBack, certificatesPutBack, keysPutBack, quarantinesPutBack);
        }
    }
}
