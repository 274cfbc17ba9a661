package dev.certfleet.server.authority;

import dev.certfleet.pki.CsrSigner;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import java.sql.Timestamp;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** The policies of clusters for CertificateSigningRequests; one that has none answers none. */
@Component
public class CsrPolicies {
    private final JdbcClient database;
    private final AuditLog audit;
    private final Clock clock;

    CsrPolicies(JdbcClient database, AuditLog audit, Clock clock) {
        this.database = database;
        this.audit = audit;
        this.clock = clock;
    }

    public CsrPolicy of(String cluster) {
        return find(cluster, "");
    }

    /** Gives a cluster another one. Its control-plane nodes hear of it at once; the same again changes nothing. */
    @Transactional
    public CsrPolicy change(String cluster, UnaryOperator<CsrPolicy> change, String actor) {
        database.sql("INSERT INTO csr_policy (cluster, signers, user_groups, changed_at) VALUES (?, '{}', '{}', ?)"
                        + " ON CONFLICT (cluster) DO NOTHING")
                .params(cluster, Timestamp.from(clock.instant()))
                .update();
        CsrPolicy before = find(cluster, " FOR UPDATE");
        CsrPolicy after = change.apply(before);
        if (!after.equals(before)) {
            database.sql("UPDATE csr_policy SET signers = ?, user_groups = ?, changed_at = ? WHERE cluster = ?")
                    .param(after.signerNames().toArray(String[]::new))
                    .param(after.userGroups().toArray(String[]::new))
                    .param(Timestamp.from(clock.instant()))
                    .param(cluster)
                    .update();
            audit.append(actor, new AuditEvent.CsrPolicyChanged(cluster, after.signerNames(), after.userGroups()));
        }
        return after;
    }

    private CsrPolicy find(String cluster, String locking) {
        Optional<CsrPolicy> found = database.sql(
                        "SELECT signers, user_groups FROM csr_policy WHERE cluster = ?" + locking)
                .param(cluster)
                .query((row, number) -> new CsrPolicy(
                        Arrays.stream((String[]) row.getArray("signers").getArray())
                                .map(CsrSigner::named)
                                .flatMap(Optional::stream)
                                .collect(Collectors.toUnmodifiableSet()),
                        List.of((String[]) row.getArray("user_groups").getArray())))
                .optional();
        return found.orElse(CsrPolicy.NONE);
    }
}
