package dev.certfleet.server.revocation;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.ledger.BlockChange;
import dev.certfleet.server.ledger.BlockedKeys;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.QuarantineRecord;
import dev.certfleet.server.ledger.RevocableCertificates;
import dev.certfleet.server.ledger.Revocations;
import dev.certfleet.server.ledger.Selection;
import dev.certfleet.server.x509.KeyHash;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.context.event.EventListener;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

/**
 * Revokes what a restored database issued before anybody saw that it had lost a block: certificates of a compromised key, and
 * those of a node in quarantine. In the transaction that puts the block back.
 */
@Component
class RevokeAfterReplay {
    private final RevocableCertificates certificates;
    private final BlockedKeys blockedKeys;
    private final Revocations revocations;
    private final RevokeTogether together;

    RevokeAfterReplay(
            RevocableCertificates certificates,
            BlockedKeys blockedKeys,
            Revocations revocations,
            RevokeTogether together) {
        this.certificates = certificates;
        this.blockedKeys = blockedKeys;
        this.revocations = revocations;
        this.together = together;
    }

    @EventListener
    void blocked(BlockChange.KeyBlocked change) {
        BlockedKeys.Entry key = change.key();
        if (change.replayed() && key.cause().equals("compromised")) {
            revoke(Selection.ofKey(key.key()), RevocationReason.KEY_COMPROMISE, key.comment(), key.by());
        }
    }

    /** After the node itself is in quarantine again. */
    @EventListener
    @Order(2)
    void quarantined(BlockChange.NodeQuarantined change) {
        QuarantineRecord quarantine = change.quarantine();
        if (!change.replayed() || quarantine.isOver()) {
            return;
        }
        String cluster = quarantine.cluster();
        String node = quarantine.node();
        blockedKeys.keepFromIssuing(cluster);
        List<KeyHash> keys = certificates.keysOfNode(cluster, node);
        blockedKeys.ofQuarantinedNode(keys, cluster, node, quarantine.comment(), quarantine.by());
        revoke(
                Selection.ofNode(cluster, node),
                RevocationReason.of(quarantine.reason()),
                quarantine.comment(),
                quarantine.by());
    }

    private void revoke(Selection selection, RevocationReason reason, @Nullable String comment, String by) {
        List<CertificateRecord> held = certificates.select(selection, true, Plan.MOST);
        while (!held.isEmpty()) {
            Set<String> clusters = new TreeSet<>();
            for (CertificateRecord certificate : held) {
                String cluster = certificate.cluster();
                if (cluster == null) {
                    revocations.takeTurns(null);
                } else {
                    clusters.add(cluster);
                }
            }
            clusters.forEach(revocations::takeTurns);
            together.revoke(held, reason, null, comment, by);
            held = certificates.select(selection, true, Plan.MOST);
        }
    }
}
