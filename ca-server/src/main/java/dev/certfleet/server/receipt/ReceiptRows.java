package dev.certfleet.server.receipt;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.replica.ThisReplica;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** Receipts and their doors in the database. */
@Component
class ReceiptRows {
    /** A node that was not heard of for this long is not waited for. */
    static final Duration SILENT_AFTER = Duration.ofDays(1);

    /** A server that was not heard of for this long is not waited for any longer. */
    private static final Duration GONE_AFTER = Duration.ofMinutes(1);

    /** Shown to clients; no door of a cluster is shown them by a client. */
    private static final Set<ProfileName> SERVING = Set.of(
            ProfileName.KUBE_APISERVER,
            ProfileName.KUBELET_SERVING,
            ProfileName.CSR_KUBELET_SERVING,
            ProfileName.REVOCATION_GATE,
            ProfileName.SERVER_TLS);

    private static final String PENDING = " FROM receipt_door d JOIN receipt t ON t.revocation = d.revocation"
            + " JOIN revocation r ON r.id = d.revocation JOIN certificate c USING (serial) WHERE d.state = 'pending'";

    private static final String NO_MORE = " AND (c.not_after < :now OR CASE d.kind WHEN 'replica' THEN NOT EXISTS"
            + " (SELECT 1 FROM replica p WHERE p.name = d.name AND NOT p.stopped AND p.seen_at > :seen)"
            + " ELSE NOT EXISTS (SELECT 1 FROM node n WHERE n.cluster = t.cluster AND n.name = d.name"
            + " AND n.state = 'active') END)";

    private final JdbcClient database;

    ReceiptRows(JdbcClient database) {
        this.database = database;
    }

    /** Fixes the doors of revocations that the caller's transaction made. A certificate that ended has none. */
    @Transactional(propagation = Propagation.MANDATORY)
    public void open(Collection<UUID> revocations, Instant calledAt, Instant now) {
        String[] ids = texts(revocations);
        database.sql("INSERT INTO receipt (revocation, cluster, called_at) SELECT r.id, c.cluster, ?"
                        + " FROM revocation r JOIN certificate c USING (serial) WHERE r.id = ANY (?::uuid[])"
                        + " ON CONFLICT DO NOTHING")
                .param(Timestamp.from(calledAt))
                .param(ids)
                .update();
        database.sql("INSERT INTO receipt_door (revocation, kind, name, state)"
                        + " SELECT r.id, d.kind, n.name, CASE WHEN greatest(n.last_seen_at, n.enrolled_at) > ?"
                        + " THEN 'pending' ELSE 'silent' END"
                        + " FROM revocation r JOIN certificate c USING (serial) JOIN authority a ON a.name = r.authority"
                        + " JOIN (VALUES ('kube-apiserver', 'control-plane'), ('etcd', 'etcd')) AS d (kind, role)"
                        + " ON CASE d.kind WHEN 'etcd' THEN a.kind = 'etcd' ELSE"
                        + " a.kind IN ('kubernetes', 'break-glass', 'front-proxy') AND c.profile <> ALL (?) END"
                        + " JOIN node n ON n.cluster = c.cluster AND d.role = ANY (n.roles) AND n.state = 'active'"
                        + " WHERE r.id = ANY (?::uuid[]) AND c.not_after > ? ON CONFLICT DO NOTHING")
                .param(Timestamp.from(now.minus(SILENT_AFTER)))
                .param(SERVING.stream().map(ProfileName::label).toArray(String[]::new))
                .param(ids)
                .param(Timestamp.from(now))
                .update();
        database.sql("INSERT INTO receipt_door (revocation, kind, name, state)"
                        + " SELECT r.id, 'replica', p.name, 'pending'"
                        + " FROM revocation r JOIN certificate c USING (serial)"
                        // Nobody can sign an answer for an authority whose key is elsewhere
                        + " JOIN authority a ON a.name = r.authority AND a.sealed_key IS NOT NULL, replica p"
                        + " WHERE r.id = ANY (?::uuid[]) AND c.not_after > ? AND NOT p.stopped AND p.seen_at > ?"
                        + " ON CONFLICT DO NOTHING")
                .param(ids)
                .param(Timestamp.from(now))
                .param(Timestamp.from(now.minus(ThisReplica.LIVE)))
                .update();
        complete(ids, now);
        tell();
    }

    /**
     * Notes that a door proved revocations.
     *
     * @return of those that it proved now, when each was called for, with its cluster
     */
    @Transactional
    public List<Proved> prove(DoorKind kind, String name, Collection<UUID> revocations, String evidence, Instant now) {
        String[] ids = texts(revocations);
        lock(ids);
        List<Proved> proved = database.sql("UPDATE receipt_door d SET state = 'proved', proved_at = ?, evidence = ?"
                        + " FROM receipt t WHERE t.revocation = d.revocation AND d.revocation = ANY (?::uuid[])"
                        + " AND d.kind = ? AND d.name = ? AND d.state <> 'proved' RETURNING t.called_at")
                .param(Timestamp.from(now))
                .param(evidence)
                .param(ids)
                .param(kind.label())
                .param(name)
                .query((row, number) -> new Proved(
                        Duration.between(row.getTimestamp("called_at").toInstant(), now)))
                .list();
        complete(ids, now);
        if (!proved.isEmpty()) {
            tell();
        }
        return proved;
    }

    /** @param lag from the call to the arrival of the proof */
    record Proved(Duration lag) {}

    /** One that proves at a time: of two that prove the last two doors, the second sees the first's. */
    private void lock(String[] ids) {
        database.sql("SELECT revocation FROM receipt WHERE revocation = ANY (?::uuid[]) ORDER BY revocation FOR UPDATE")
                .param(ids)
                .query((row, number) -> row.getString(1))
                .list();
    }

    private void complete(String[] ids, Instant now) {
        database.sql("UPDATE receipt t SET enforced_at = coalesce((SELECT max(d.proved_at) FROM receipt_door d"
                        + " WHERE d.revocation = t.revocation), ?)"
                        + " WHERE t.revocation = ANY (?::uuid[]) AND t.enforced_at IS NULL AND NOT EXISTS"
                        + " (SELECT 1 FROM receipt_door d WHERE d.revocation = t.revocation AND d.state = 'pending')")
                .param(Timestamp.from(now))
                .param(ids)
                .update();
    }

    private void tell() {
        database.sql("SELECT pg_notify('" + ReceiptNews.CHANNEL + "', '')")
                .query()
                .singleRow();
    }

    /** Waits no longer for nodes that were retired, servers that stopped, and certificates that ended. */
    @Transactional
    public void giveUpGone(Instant now) {
        List<String> left = database.sql("SELECT DISTINCT d.revocation::text" + PENDING + NO_MORE + " LIMIT 10000")
                .param("now", Timestamp.from(now))
                .param("seen", Timestamp.from(now.minus(GONE_AFTER)))
                .query(String.class)
                .list();
        if (left.isEmpty()) {
            return;
        }
        String[] ids = left.toArray(String[]::new);
        lock(ids);
        database.sql("UPDATE receipt_door g SET state = 'gone' FROM (SELECT d.revocation, d.kind, d.name" + PENDING
                        + NO_MORE + " AND d.revocation = ANY (:ids::uuid[])) x"
                        + " WHERE g.revocation = x.revocation AND g.kind = x.kind AND g.name = x.name")
                .param("now", Timestamp.from(now))
                .param("seen", Timestamp.from(now.minus(GONE_AFTER)))
                .param("ids", ids)
                .update();
        complete(ids, now);
        tell();
    }

    /** Of each revocation that has one. */
    Map<UUID, Receipt> of(Collection<UUID> revocations) {
        String[] ids = texts(revocations);
        Map<UUID, List<Receipt.Door>> doors = new HashMap<>();
        database.sql("SELECT revocation, kind, name, state, proved_at, evidence FROM receipt_door"
                        + " WHERE revocation = ANY (?::uuid[]) ORDER BY kind, name")
                .param(ids)
                .query(row -> {
                    doors.computeIfAbsent(row.getObject("revocation", UUID.class), id -> new ArrayList<>())
                            .add(door(row));
                });
        Map<UUID, Receipt> receipts = new HashMap<>();
        database.sql("SELECT t.revocation, t.called_at, t.enforced_at, r.released_at, c.profile, c.not_after"
                        + " FROM receipt t JOIN revocation r ON r.id = t.revocation JOIN certificate c USING (serial)"
                        + " WHERE t.revocation = ANY (?::uuid[])")
                .param(ids)
                .query(row -> {
                    UUID id = row.getObject("revocation", UUID.class);
                    receipts.put(id, receipt(row, doors.getOrDefault(id, List.of())));
                });
        return receipts;
    }

    private static Receipt.Door door(ResultSet row) throws SQLException {
        return new Receipt.Door(
                row.getString("kind"),
                row.getString("name"),
                row.getString("state"),
                instant(row, "proved_at"),
                row.getString("evidence"));
    }

    private static Receipt receipt(ResultSet row, List<Receipt.Door> doors) throws SQLException {
        Instant enforcedAt = instant(row, "enforced_at");
        Receipt.State state = instant(row, "released_at") != null
                ? Receipt.State.ENDED
                : enforcedAt == null ? Receipt.State.PENDING : Receipt.State.ENFORCED;
        return new Receipt(
                state,
                row.getTimestamp("called_at").toInstant(),
                enforcedAt,
                List.copyOf(doors),
                note(row.getString("profile"), doors));
    }

    private static @Nullable String note(String profile, List<Receipt.Door> doors) {
        if (doors.isEmpty()) {
            return "the certificate had ended when it was revoked: no door takes it";
        }
        boolean serving = SERVING.stream().anyMatch(one -> one.label().equals(profile));
        boolean silent = doors.stream().anyMatch(door -> door.state().equals("silent"));
        String note = Stream.of(
                        serving
                                ? "a serving certificate: Kubernetes' clients check no revocation, so that OCSP and CRL tell"
                                        + " of it and nothing in the cluster refuses it; renew it"
                                : "",
                        silent
                                ? "silent nodes had not been heard of for a day and are not waited for; each reads of the"
                                        + " revocation when it is back"
                                : "")
                .filter(part -> !part.isEmpty())
                .reduce((one, other) -> one + ". " + other)
                .orElse("");
        return note.isEmpty() ? null : note;
    }

    /** A revoked certificate that a server has not seen itself answer for. */
    record Unproved(UUID revocation, byte[] serial, byte[] issuer) {}

    /** What a server has to prove, oldest first, after the first few. */
    List<Unproved> unproved(String replica, int offset, int limit) {
        return database.sql(
                        "SELECT d.revocation, r.serial, a.certificate FROM receipt_door d"
                                + " JOIN receipt t ON t.revocation = d.revocation JOIN revocation r ON r.id = d.revocation"
                                + " JOIN authority a ON a.name = r.authority WHERE d.kind = 'replica' AND d.name = ?"
                                + " AND d.state = 'pending' AND r.released_at IS NULL ORDER BY t.called_at, d.revocation OFFSET ? LIMIT ?")
                .params(replica, offset, limit)
                .query((row, number) -> new Unproved(
                        row.getObject("revocation", UUID.class), row.getBytes("serial"), row.getBytes("certificate")))
                .list();
    }

    /**
     * The certificates of a cluster with these fingerprints, each with its revocation in force.
     *
     * @return by fingerprint; without a value where it is not revoked
     */
    Map<String, java.util.Optional<UUID>> revocations(String cluster, Collection<String> fingerprints) {
        Map<String, java.util.Optional<UUID>> found = new HashMap<>();
        database.sql("SELECT encode(c.fingerprint, 'hex') AS id, r.id AS revocation FROM certificate c"
                        + " LEFT JOIN revocation r ON r.serial = c.serial AND r.released_at IS NULL"
                        + " WHERE c.cluster = ? AND c.fingerprint IN"
                        + " (SELECT decode(w, 'hex') FROM unnest(?::text[]) AS w)")
                .param(cluster)
                .param(fingerprints.toArray(String[]::new))
                .query(row -> {
                    found.put(
                            row.getString("id"),
                            java.util.Optional.ofNullable(row.getObject("revocation", UUID.class)));
                });
        return found;
    }

    /** The roles of an active node; empty where there is none. */
    List<String> roles(String cluster, String node) {
        return database.sql("SELECT unnest(roles) FROM node WHERE cluster = ? AND name = ? AND state <> 'retired'")
                .params(cluster, node)
                .query(String.class)
                .list();
    }

    /**
     * The revocations of a cluster that doors have not proved.
     *
     * @param cluster empty for the installation's own
     * @param late how many are older than the limit
     * @param oldest when the first of them was called for
     */
    record Pending(String cluster, long late, Instant oldest) {}

    List<Pending> pending(Instant lateBefore) {
        return database.sql(
                        "SELECT coalesce(t.cluster, '') AS cluster, count(*) FILTER (WHERE t.called_at < ?) AS late,"
                                + " min(t.called_at) AS oldest FROM receipt t JOIN revocation r ON r.id = t.revocation"
                                + " WHERE t.enforced_at IS NULL AND r.released_at IS NULL GROUP BY 1")
                .param(Timestamp.from(lateBefore))
                .query((row, number) -> new Pending(
                        row.getString("cluster"),
                        row.getLong("late"),
                        row.getTimestamp("oldest").toInstant()))
                .list();
    }

    private static String[] texts(Collection<UUID> ids) {
        return ids.stream().map(UUID::toString).toArray(String[]::new);
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        Timestamp timestamp = row.getTimestamp(column);
        return timestamp == null ? null : timestamp.toInstant();
    }

    /** All kinds, by name. */
    static java.util.Optional<DoorKind> kind(String label) {
        return Arrays.stream(DoorKind.values())
                .filter(kind -> kind.label().equals(label))
                .findAny();
    }
}
