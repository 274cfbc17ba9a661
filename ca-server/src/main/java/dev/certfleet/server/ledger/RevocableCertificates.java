package dev.certfleet.server.ledger;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.x509.KeyHash;
import dev.certfleet.server.x509.Serial;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Certificates that can still be revoked, chosen together, and what would be left without them. */
@Component
public class RevocableCertificates {
    private static final String REVOCABLE =
            " WHERE c.state = 'issued' AND c.not_after >= ? AND (r.serial IS NULL OR (r.reason = 6 AND ?))";

    /** In force, towards the server too. */
    private static final String GOOD =
            " WHERE c.state = 'issued' AND c.not_after >= ? AND r.serial IS NULL AND c.superseded_at IS NULL";

    private final JdbcClient database;
    private final Clock clock;

    RevocableCertificates(JdbcClient database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * What a selection comes to. OCSP responders, which nobody asks for, are in it only where their key is named.
     *
     * @param held whether those on hold are meant too
     * @param limit the most to return
     */
    public List<CertificateRecord> select(Selection selection, boolean held, int limit) {
        StringBuilder where = new StringBuilder();
        List<@Nullable Object> parameters = new ArrayList<>();
        parameters.add(now());
        parameters.add(held);
        narrow(where, parameters, "c.cluster = ?", selection.cluster());
        narrow(where, parameters, "c.node = ?", selection.node());
        narrow(where, parameters, "c.profile = ?", selection.profile());
        narrow(where, parameters, "c.authority = ?", selection.authority());
        narrow(where, parameters, "c.issued_at < ?", timestamp(selection.issuedBefore()));
        narrow(where, parameters, "c.issued_at >= ?", timestamp(selection.issuedAfter()));
        String pattern = selection.namePattern();
        if (pattern != null) {
            String like = pattern.replace("*", "%");
            where.append(" AND (c.node LIKE ? OR EXISTS (SELECT 1 FROM unnest(c.dns_names) d WHERE d LIKE ?))");
            parameters.add(like);
            parameters.add(like);
        }
        KeyHash key = selection.key();
        if (key == null) {
            narrow(where, parameters, "c.profile <> ?", NewCertificate.OCSP_RESPONDER);
        } else {
            narrow(where, parameters, "c.public_key_hash = ?", key.bytes());
        }
        parameters.add(limit);
        return certificates(REVOCABLE + where + " ORDER BY c.serial LIMIT ?", parameters);
    }

    /**
     * What a selection in one cluster comes to that is revoked for a reason: a compromised key takes along the cluster's others
     * that carry it.
     */
    public List<CertificateRecord> selectFor(RevocationReason reason, Selection selection, boolean held, int limit) {
        List<CertificateRecord> selected = select(selection, held, limit);
        return reason == RevocationReason.KEY_COMPROMISE
                ? withTheKeysOf(
                        Objects.requireNonNull(selection.cluster()),
                        selected.stream().map(CertificateRecord::serial).toList(),
                        limit)
                : selected;
    }

    /** A cluster's certificates that carry the key of any of these, themselves included. */
    private List<CertificateRecord> withTheKeysOf(String cluster, Collection<Serial> serials, int limit) {
        return certificates(
                REVOCABLE + " AND c.cluster = ? AND c.public_key_hash IN"
                        + " (SELECT public_key_hash FROM certificate WHERE serial = ANY (?)) ORDER BY c.serial LIMIT ?",
                List.of(now(), true, cluster, octets(serials), limit));
    }

    private List<CertificateRecord> certificates(String where, List<@Nullable Object> parameters) {
        return database.sql("SELECT " + Rows.CERTIFICATE_COLUMNS + Rows.CERTIFICATES + where)
                .params(parameters)
                .query(Rows::certificate)
                .list();
    }

    private static void narrow(
            StringBuilder where, List<@Nullable Object> parameters, String clause, @Nullable Object value) {
        if (value != null) {
            where.append(" AND ").append(clause);
            parameters.add(value);
        }
    }

    /** Every key that any certificate of a node ever carried or was about to. */
    public List<KeyHash> keysOfNode(String cluster, String node) {
        return database.sql("SELECT DISTINCT public_key_hash FROM certificate WHERE cluster = ? AND node = ?"
                        + " ORDER BY public_key_hash")
                .params(cluster, node)
                .query((row, number) -> KeyHash.of(row.getBytes("public_key_hash")))
                .list();
    }

    /** The enrolment tokens that a node's identities came from. */
    public Set<UUID> tokensUsedBy(String cluster, String node) {
        return new TreeSet<>(database.sql("SELECT DISTINCT substr(requester, 7) FROM certificate"
                        + " WHERE cluster = ? AND node = ? AND requester LIKE 'token:%'")
                .params(cluster, node)
                .query((row, number) -> UUID.fromString(row.getString(1)))
                .list());
    }

    /**
     * Where certificates with this key were ever issued.
     *
     * @param clusters their clusters
     * @param elsewhere whether some belong to no cluster
     */
    public record Spread(Set<String> clusters, boolean elsewhere) {}

    /** Where certificates with this key were ever issued, or were about to be. */
    public Spread spreadOf(KeyHash key) {
        List<String> clusters = database.sql(
                        "SELECT DISTINCT coalesce(cluster, '') FROM certificate WHERE public_key_hash = ?")
                .param(key.bytes())
                .query(String.class)
                .list();
        Set<String> named = new TreeSet<>(clusters);
        boolean elsewhere = named.remove("");
        return new Spread(named, elsewhere);
    }

    /** That a node has a certificate of a profile which is in force. */
    public record Holding(String node, String profile) {}

    /** What a cluster's nodes would hold in force without these. */
    public List<Holding> heldWithout(String cluster, Collection<Serial> serials) {
        return database.sql("SELECT DISTINCT c.node, c.profile" + Rows.CERTIFICATES + GOOD
                        + " AND c.cluster = ? AND c.node IS NOT NULL AND c.serial <> ALL (?)")
                .params(now(), cluster, octets(serials))
                .query((row, number) -> new Holding(row.getString("node"), row.getString("profile")))
                .list();
    }

    /** The operators who would have a credential in force without these. */
    public Set<String> operatorsWithout(Collection<Serial> serials) {
        return new TreeSet<>(database.sql("SELECT DISTINCT c.operator" + Rows.CERTIFICATES + GOOD
                        + " AND c.operator IS NOT NULL AND c.serial <> ALL (?)")
                .params(now(), octets(serials))
                .query(String.class)
                .list());
    }

    /** Whether an authority issued a certificate, responders aside, that is in force. */
    public boolean anyInForceOf(String authority) {
        return database.sql("SELECT EXISTS (SELECT 1" + Rows.CERTIFICATES + GOOD
                        + " AND c.authority = ? AND c.profile <> ?)")
                .params(now(), authority, NewCertificate.OCSP_RESPONDER)
                .query(Boolean.class)
                .single();
    }

    private Timestamp now() {
        return Timestamp.from(clock.instant());
    }

    private static @Nullable Timestamp timestamp(@Nullable Instant time) {
        return time == null ? null : Timestamp.from(time);
    }

    private static byte[][] octets(Collection<Serial> serials) {
        return serials.stream().map(Serial::bytes).toArray(byte[][]::new);
    }
}
