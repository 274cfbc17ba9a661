package dev.certfleet.server.access;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.access.Identified.Reason;
import dev.certfleet.server.enrolment.Node;
import dev.certfleet.server.enrolment.Nodes;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.Ledger;
import dev.certfleet.server.recovery.DatabaseState;
import dev.certfleet.server.x509.Fingerprint;
import java.time.Clock;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Tells who holds a certificate. TLS proved possession of the key and nothing else; all that the certificate is worth is
 * read from the ledger, each time, so that a revocation holds from the next request on.
 */
@Component
public class IdentifyCaller {
    private final Ledger ledger;
    private final Operators operators;
    private final Nodes nodes;
    private final ClonedIdentities cloned;
    private final DatabaseState databaseState;
    private final Clock clock;
    private final TransactionTemplate transaction;

    IdentifyCaller(
            Ledger ledger,
            Operators operators,
            Nodes nodes,
            ClonedIdentities cloned,
            DatabaseState databaseState,
            Clock clock,
            PlatformTransactionManager transactions) {
        this.ledger = ledger;
        this.operators = operators;
        this.nodes = nodes;
        this.cloned = cloned;
        this.databaseState = databaseState;
        this.clock = clock;
        this.transaction = new TransactionTemplate(transactions);
    }

    /** @param certificate the leaf that was presented in TLS, DER */
    public Identified identify(byte[] certificate) {
        // 1. Only what is on record, byte for byte
        Optional<CertificateRecord> found = ledger.find(Fingerprint.of(certificate));
        if (found.isEmpty()) {
            return new Identified.Refused(Reason.UNKNOWN, "this installation did not issue the certificate");
        }
        CertificateRecord record = found.get();

        // 2. Only what is in force
        Instant now = clock.instant();
        CertificateRecord.Revoked revoked = record.revocation();
        if (revoked != null) {
            return new Identified.Refused(
                    Reason.REVOKED,
                    "the certificate was revoked at " + revoked.at() + ": "
                            + revoked.reason().label());
        }
        if (databaseState.isLostRevocationOf(record.id())) {
            return new Identified.Refused(
                    Reason.REVOKED,
                    "the certificate was revoked; the database, which was restored, does not know of it");
        }
        if (now.isAfter(record.notAfter())) {
            return new Identified.Refused(Reason.EXPIRED, "the certificate expired at " + record.notAfter());
        }

        // 3. Whose it is, and whether they are still there
        if (record.profile().equals(ProfileName.OPERATOR.label())) {
            return operator(record);
        }
        if (record.profile().equals(ProfileName.NODE_IDENTITY.label())) {
            return agent(record);
        }
        return new Identified.Refused(
                Reason.NOT_AN_IDENTITY,
                "a certificate of profile " + record.profile() + " is not an identity towards this server");
    }

    private Identified operator(CertificateRecord record) {
        String name = Objects.requireNonNull(record.operator());
        return operators
                .named(name)
                .<Identified>map(
                        operator -> new Identified.As(new Caller.Operator(operator.name(), operator.grants(), record)))
                .orElseGet(() -> new Identified.Refused(Reason.HOLDER_GONE, "the operator was removed"));
    }

    private Identified agent(CertificateRecord record) {
        String cluster = Objects.requireNonNull(record.cluster());
        String node = Objects.requireNonNull(record.node());
        Optional<Node> known = nodes.named(cluster, node);
        if (known.isEmpty() || known.get().state() == Node.State.RETIRED) {
            return new Identified.Refused(Reason.HOLDER_GONE, "the node was retired");
        }
        if (known.get().state() == Node.State.QUARANTINED) {
            return new Identified.Refused(Reason.HOLDER_GONE, "the node is in quarantine");
        }
        if (record.supersededAt() != null) {
            return superseded(record, cluster, node);
        }
        if (record.firstUsedAt() == null) {
            // Whoever holds this one is the node from now on; who still uses an older one is somebody else
            transaction.executeWithoutResult(status -> {
                if (ledger.markFirstUse(record.serial())) {
                    ledger.supersedeOthers(record);
                }
            });
        }
        return new Identified.As(new Caller.Agent(cluster, node, record));
    }

    private Identified superseded(CertificateRecord record, String cluster, String node) {
        cloned.seen(record, cluster, node);
        return new Identified.Refused(
                Reason.SUPERSEDED,
                "a newer identity of this node was used since " + record.supersededAt()
                        + "; two machines may hold the same identity");
    }
}
