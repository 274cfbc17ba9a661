package dev.certfleet.server.comeback;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.comeback.Comeback.Why;
import dev.certfleet.server.enrolment.Node;
import dev.certfleet.server.enrolment.Nodes;
import dev.certfleet.server.ledger.BlockedKeys;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.Ledger;
import dev.certfleet.server.recovery.DatabaseState;
import dev.certfleet.server.x509.Fingerprint;
import dev.certfleet.server.x509.KeyHash;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Says what is against a proven identity that its holder wants to come back by. */
@Component
class IdentityStanding {
    private final Ledger ledger;
    private final Nodes nodes;
    private final BlockedKeys blockedKeys;
    private final DatabaseState databaseState;
    private final Clock clock;

    IdentityStanding(Ledger ledger, Nodes nodes, BlockedKeys blockedKeys, DatabaseState databaseState, Clock clock) {
        this.ledger = ledger;
        this.nodes = nodes;
        this.blockedKeys = blockedKeys;
        this.databaseState = databaseState;
        this.clock = clock;
    }

    /**
     * @param server the TLS certificate that the node was shown
     * @return null where nothing is against it
     */
    @Nullable
    Comeback against(CertificateRecord identity, Fingerprint server, Duration maximumAbsence) {
        if (!isOurs(server)) {
            return refused(
                    Why.UNKNOWN_SERVER,
                    "the node was shown a TLS certificate that this installation did not issue, or revoked: " + server);
        }
        CertificateRecord.Revoked revoked = identity.revocation();
        if (revoked != null) {
            return refused(
                    Why.REVOKED,
                    "the identity was revoked at " + revoked.at() + ": "
                            + revoked.reason().label());
        }
        if (databaseState.isLostRevocationOf(identity.id())) {
            return refused(
                    Why.REVOKED, "the identity was revoked; the database, which was restored, does not know of it");
        }
        Optional<Node> node =
                nodes.named(Objects.requireNonNull(identity.cluster()), Objects.requireNonNull(identity.node()));
        if (node.isEmpty() || node.get().isOut()) {
            return refused(Why.HOLDER_GONE, "the node was retired or is in quarantine");
        }
        if (identity.supersededAt() != null) {
            return refused(
                    Why.OLDER_IDENTITY,
                    "this identity ended for a newer one of this node at " + identity.supersededAt());
        }
        if (blockedKeys.find(KeyHash.ofCertificate(identity.der())).isPresent()) {
            return refused(Why.KEY_BLOCKED, "the identity's key is blocked");
        }
        Instant now = clock.instant();
        if (!now.isAfter(identity.notAfter())) {
            return new Comeback.NotNeeded(
                    "the identity is valid until " + identity.notAfter() + ", and it is " + now + " here: renew it");
        }
        Duration absence = Duration.between(identity.notAfter(), now);
        return absence.compareTo(maximumAbsence) > 0
                ? refused(
                        Why.AWAY_TOO_LONG,
                        "the identity expired " + absence.toDays() + " days ago, at " + identity.notAfter()
                                + "; at most " + maximumAbsence.toDays()
                                + " days are allowed (certfleet.enrolment.maximum-absence)")
                : null;
    }

    /** Whoever has the installation's CA key could pass for the server; the ledger knows what was really issued to one. */
    private boolean isOurs(Fingerprint server) {
        return ledger.find(server)
                .filter(certificate -> certificate.profile().equals(ProfileName.SERVER_TLS.label()))
                .filter(certificate -> certificate.revocation() == null)
                .isPresent();
    }

    private static Comeback refused(Why why, String detail) {
        return new Comeback.Refused(why, detail);
    }
}
