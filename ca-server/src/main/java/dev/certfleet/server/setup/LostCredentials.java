package dev.certfleet.server.setup;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.installation.CredentialRequest;
import dev.certfleet.server.installation.DataFolder;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.CertificateSearch;
import dev.certfleet.server.ledger.Ledger;
import dev.certfleet.server.ledger.Revocations;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Replaces an operator's lost credential. Who may is decided by the operating system: the request is a file in the data
 * folder, which only the server's own user can write ({@link CredentialRequest}). The old certificates are revoked in the
 * transaction that records the new one.
 */
@Component
class LostCredentials {
    private static final Logger LOG = LoggerFactory.getLogger(LostCredentials.class);

    private final DataFolder folder;
    private final JdbcClient database;
    private final OperatorCredentials credentials;
    private final Ledger ledger;
    private final Revocations revocations;
    private final AuditLog audit;

    LostCredentials(
            DataFolder folder,
            JdbcClient database,
            OperatorCredentials credentials,
            Ledger ledger,
            Revocations revocations,
            AuditLog audit) {
        this.folder = folder;
        this.database = database;
        this.credentials = credentials;
        this.ledger = ledger;
        this.revocations = revocations;
        this.audit = audit;
    }

    @Scheduled(fixedDelay = 500)
    void look() {
        Optional<CredentialRequest> request = CredentialRequest.take(folder.path());
        if (request.isEmpty()) {
            return;
        }
        String operator = request.get().operator();
        try {
            request.get().answer(replace(operator).toString());
        } catch (RuntimeException e) {
            LOG.warn("the credential of operator {} was not replaced: {}", operator, e.getMessage());
            request.get().refuse(String.valueOf(e.getMessage()));
        }
    }

    private Path replace(String operator) {
        boolean known = database.sql("SELECT count(*) FROM operator WHERE name = ? AND removed_at IS NULL")
                        .param(operator)
                        .query(Integer.class)
                        .single()
                == 1;
        if (!known) {
            throw new IllegalStateException("there is no operator called '" + operator + "'");
        }
        List<CertificateRecord> old = Stream.of("good", "held")
                .flatMap(status -> ledger
                        .search(
                                new CertificateSearch(
                                        null, null, operator, ProfileName.OPERATOR.label(), null, status, null),
                                null,
                                1000)
                        .stream())
                .toList();
        return credentials
                .make(operator, "operator-credential-" + UUID.randomUUID(), certificate -> {
                    old.forEach(this::revoke);
                    audit.append(
                            FirstStart.ACTOR,
                            new AuditEvent.OperatorCredentialReplaced(operator, "on the server's own machine"));
                })
                .orElseThrow();
    }

    private void revoke(CertificateRecord lost) {
        Revocations.InForce inForce =
                revocations.revoke(lost, RevocationReason.SUPERSEDED, null, "credential replaced", FirstStart.ACTOR);
        if (inForce.made()) {
            audit.append(
                    FirstStart.ACTOR,
                    new AuditEvent.CertificateRevoked(
                            null,
                            lost.id().hex(),
                            lost.serial().hex(),
                            RevocationReason.SUPERSEDED.label(),
                            "credential replaced"));
        }
    }
}
