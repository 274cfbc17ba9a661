package dev.certfleet.server.setup;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.authority.CreateAuthority;
import dev.certfleet.server.installation.CannotStart;
import dev.certfleet.server.installation.SealingKey;
import dev.certfleet.server.installation.Settings;
import dev.certfleet.server.ledger.CertificateSearch;
import dev.certfleet.server.ledger.Ledger;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Timestamp;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Makes of an empty database an installation, once: its own authority and a first operator, whose credential is a file in
 * the data folder. Every later start finds all again, and refuses to go on with another sealing key.
 */
@Component
public class FirstStart {
    /** The operator whom an installation begins with. */
    public static final String FIRST_OPERATOR = "admin";

    static final String ACTOR = "server";

    private final JdbcClient database;
    private final CreateAuthority createAuthority;
    private final InstallationFile file;
    private final OperatorCredentials credentials;
    private final Ledger ledger;
    private final AuditLog audit;
    private final SealingKey sealingKey;
    private final Settings settings;
    private final Clock clock;
    private final TransactionTemplate transaction;

    FirstStart(
            JdbcClient database,
            CreateAuthority createAuthority,
            InstallationFile file,
            OperatorCredentials credentials,
            Ledger ledger,
            AuditLog audit,
            SealingKey sealingKey,
            Settings settings,
            Clock clock,
            PlatformTransactionManager transactions) {
        this.database = database;
        this.createAuthority = createAuthority;
        this.file = file;
        this.credentials = credentials;
        this.ledger = ledger;
        this.audit = audit;
        this.sealingKey = sealingKey;
        this.settings = settings;
        this.clock = clock;
        this.transaction = new TransactionTemplate(transactions);
    }

    /**
     * Makes or finds the installation.
     *
     * @return the file of the first operator's credential, where this start made it
     */
    Optional<Path> run() {
        transaction.executeWithoutResult(status -> installation());
        file.refresh();
        return firstOperator();
    }

    private void installation() {
        database.sql("SELECT pg_advisory_xact_lock(hashtext('certfleet installation'))")
                .query()
                .singleRow();
        Optional<byte[]> check = database.sql("SELECT sealing_key_check FROM installation")
                .query(byte[].class)
                .optional();
        if (check.isPresent()) {
            if (!MessageDigest.isEqual(check.get(), sealingKey.check())) {
                throw new CannotStart("the sealing key is not the one that this database was sealed with; put the right"
                        + " file in place, or name it with certfleet.sealing-key-file");
            }
            return;
        }
        UUID epoch = UUID.randomUUID();
        database.sql("INSERT INTO installation (epoch, sealing_key_check, created_at) VALUES (?, ?, ?)")
                .params(epoch, sealingKey.check(), Timestamp.from(clock.instant()))
                .update();
        audit.append(ACTOR, new AuditEvent.InstallationCreated(epoch.toString()));
        createAuthority.create(null, AuthorityKind.INSTALLATION, KeyAlgorithm.P256, settings.statusUrl(), 1, ACTOR);
    }

    private Optional<Path> firstOperator() {
        CertificateSearch anyOperators = new CertificateSearch(null, null, null, "operator", null, null, null);
        if (!ledger.search(anyOperators, null, 1).isEmpty()) {
            return Optional.empty();
        }
        transaction.executeWithoutResult(status -> {
            int inserted = database.sql("INSERT INTO operator (name, grants, created_at)"
                            + " VALUES (?, '[{\"cluster\": \"*\", \"role\": \"admin\"}]', ?) ON CONFLICT DO NOTHING")
                    .params(FIRST_OPERATOR, Timestamp.from(clock.instant()))
                    .update();
            if (inserted == 1) {
                audit.append(ACTOR, new AuditEvent.OperatorCreated(FIRST_OPERATOR, List.of("*: admin")));
            }
        });
        return credentials.make(FIRST_OPERATOR, "first-operator", certificate -> {});
    }
}
