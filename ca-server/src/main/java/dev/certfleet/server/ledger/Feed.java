package dev.certfleet.server.ledger;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.x509.Fingerprint;
import dev.certfleet.server.x509.Serial;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * What became known about a cluster's certificates, in one order. The head's row is locked until the writer commits, so
 * sequences become visible in their order: a reader at N misses nothing that comes after N. Each entry is also announced
 * by NOTIFY on the channel {@code certfleet_feed} with the cluster's name.
 */
@Component
public class Feed {
    /** What client certificates under these authorities open is kube-apiserver. */
    private static final List<String> SHOWN_TO_KUBE_APISERVER = java.util.Arrays.stream(ProfileName.values())
            .filter(profile -> switch (profile.authority()) {
                case KUBERNETES, BREAK_GLASS -> true;
                case ETCD, FRONT_PROXY, AGENTS, INSTALLATION -> false;
            })
            .map(ProfileName::label)
            .toList();

    private final JdbcClient database;

    Feed(JdbcClient database) {
        this.database = database;
    }

    /**
     * @param sequence its place
     * @param kind {@code issued}, {@code revoked} or {@code released}
     * @param id the certificate's fingerprint
     * @param certificate its DER encoding
     * @param reason null unless revoked
     * @param at when it happened
     * @param addresses of a revocation: those of the node that holds it
     */
    public record Entry(
            long sequence,
            String kind,
            Fingerprint id,
            byte[] certificate,
            @Nullable RevocationReason reason,
            Instant at,
            List<String> addresses) {}

    /** Gives a new cluster its feed. */
    @Transactional(propagation = Propagation.MANDATORY)
    public void open(String cluster) {
        database.sql("INSERT INTO feed_head (cluster, sequence) VALUES (?, 0)")
                .param(cluster)
                .update();
    }

    void issued(CertificateRecord certificate, Instant at) {
        if (SHOWN_TO_KUBE_APISERVER.contains(certificate.profile())
                || certificate.profile().equals(NewCertificate.ADOPTED)) {
            append(certificate.cluster(), "issued", certificate.serial(), null, at);
        }
    }

    long revoked(@Nullable String cluster, Serial serial, RevocationReason reason, Instant at) {
        return append(cluster, "revoked", serial, reason, at);
    }

    long released(@Nullable String cluster, Serial serial, Instant at) {
        return append(cluster, "released", serial, null, at);
    }

    /** @return the entry's sequence; 0 where there is no feed to tell it to */
    private long append(
            @Nullable String cluster, String kind, Serial serial, @Nullable RevocationReason reason, Instant at) {
        if (cluster == null) {
            return 0;
        }
        long sequence = database.sql(
                        "WITH head AS (UPDATE feed_head SET sequence = sequence + 1 WHERE cluster = ? RETURNING sequence)"
                                + " INSERT INTO feed_entry (cluster, sequence, kind, serial, reason, at)"
                                + " SELECT ?, head.sequence, ?, ?, ?, ? FROM head RETURNING sequence")
                .param(cluster)
                .param(cluster)
                .param(kind)
                .param(serial.bytes())
                .param(reason == null ? null : reason.code())
                .param(Timestamp.from(at))
                .query(Long.class)
                .single();
        database.sql("SELECT pg_notify('certfleet_feed', ?)")
                .param(cluster)
                .query()
                .singleRow();
        return sequence;
    }

    /** Identifies the history that sequences belong to. */
    public String epoch() {
        return database.sql("SELECT epoch::text FROM installation")
                .query(String.class)
                .single();
    }

    /**
     * How far a feed has come.
     *
     * @param epoch the history that the sequence belongs to
     * @param sequence the newest entry's; 0 where there is none
     */
    public record Head(String epoch, long sequence) {}

    /** What is committed at this moment. */
    public Head head(String cluster) {
        return database.sql(
                        "SELECT i.epoch::text AS epoch, h.sequence FROM installation i, feed_head h WHERE h.cluster = ?")
                .param(cluster)
                .query((row, number) -> new Head(row.getString("epoch"), row.getLong("sequence")))
                .single();
    }

    /** At most {@code limit} entries after a sequence, oldest first. */
    public List<Entry> after(String cluster, long sequence, int limit) {
        return database.sql("SELECT f.sequence, f.kind, f.reason, f.at, c.fingerprint, c.certificate,"
                        + " CASE WHEN f.kind = 'revoked' THEN n.addresses END AS addresses"
                        + " FROM feed_entry f JOIN certificate c USING (serial)"
                        + " LEFT JOIN node n ON n.cluster = c.cluster AND n.name = c.node"
                        + " WHERE f.cluster = ? AND f.sequence > ? ORDER BY f.sequence LIMIT ?")
                .params(cluster, sequence, limit)
                .query((row, number) -> {
                    int code = row.getInt("reason");
                    RevocationReason reason = row.wasNull() ? null : RevocationReason.ofCode(code);
                    return new Entry(
                            row.getLong("sequence"),
                            row.getString("kind"),
                            Rows.fingerprint(row),
                            row.getBytes("certificate"),
                            reason,
                            row.getTimestamp("at").toInstant(),
                            Rows.texts(row, "addresses"));
                })
                .list();
    }
}
