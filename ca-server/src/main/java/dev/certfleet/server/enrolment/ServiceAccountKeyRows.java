package dev.certfleet.server.enrolment;

import dev.certfleet.pki.Pem;
import dev.certfleet.pki.wire.KeyRequest;
import dev.certfleet.pki.wire.SealedKey;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The rows about service-account key pairs; no private key is in any that the server could open. */
@Component
class ServiceAccountKeyRows {
    /** A holder counts while it is an active control-plane node that was not reinstalled since it said so. */
    private static final String HOLDERS = " FROM service_account_key_holder h JOIN node n ON n.cluster = h.cluster AND"
            + " n.name = h.node WHERE h.cluster = ? AND h.public_key_hash = ? AND h.said_at >= n.enrolled_at"
            + " AND n.state IN ('active', 'reinstall-allowed') AND 'control-plane' = ANY (n.roles)";

    private final JdbcClient database;
    private final Clock clock;

    ServiceAccountKeyRows(JdbcClient database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /** @param publicKey SHA-256 */
    record Chosen(byte[] publicKey, String offeredBy, Instant offeredAt) {}

    /** Until the transaction ends, no other node of the cluster says anything about its pair. */
    void takeTurns(String cluster) {
        database.sql("SELECT cast(pg_advisory_xact_lock(hashtext('service-account key of ' || ?)) AS text)")
                .param(cluster)
                .query(String.class)
                .single();
    }

    Optional<Chosen> chosen(String cluster) {
        return database.sql("SELECT public_key_hash, offered_by, offered_at FROM service_account_key WHERE cluster = ?")
                .param(cluster)
                .query((row, number) -> new Chosen(
                        row.getBytes("public_key_hash"),
                        row.getString("offered_by"),
                        row.getTimestamp("offered_at").toInstant()))
                .optional();
    }

    void choose(Node node, byte[] publicKey) {
        database.sql("INSERT INTO service_account_key (cluster, public_key_hash, offered_by, offered_at)"
                        + " VALUES (?, ?, ?, ?) ON CONFLICT (cluster) DO UPDATE SET public_key_hash ="
                        + " excluded.public_key_hash, offered_by = excluded.offered_by, offered_at ="
                        + " excluded.offered_at")
                .params(node.cluster(), publicKey, node.name(), now())
                .update();
    }

    boolean isAnywhereInPlace(String cluster, byte[] publicKey) {
        return database.sql("SELECT EXISTS (SELECT 1" + HOLDERS + ")")
                .params(cluster, publicKey)
                .query(Boolean.class)
                .single();
    }

    boolean hasInPlace(Node node, byte[] publicKey) {
        return database.sql("SELECT EXISTS (SELECT 1" + HOLDERS + " AND h.node = ?)")
                .params(node.cluster(), publicKey, node.name())
                .query(Boolean.class)
                .single();
    }

    /** @return whether it had not said so before */
    boolean said(Node node, byte[] publicKey) {
        boolean changed = !hasInPlace(node, publicKey);
        if (changed) {
            database.sql("INSERT INTO service_account_key_holder (cluster, node, public_key_hash, said_at)"
                            + " VALUES (?, ?, ?, ?) ON CONFLICT (cluster, node) DO UPDATE SET public_key_hash ="
                            + " excluded.public_key_hash, said_at = excluded.said_at")
                    .params(node.cluster(), node.name(), publicKey, now())
                    .update();
            // What it asked for is answered, and nobody has to keep the answer.
            database.sql("DELETE FROM service_account_key_request WHERE cluster = ? AND node = ?")
                    .params(node.cluster(), node.name())
                    .update();
        }
        return changed;
    }

    void ask(Node node, byte[] certificate, KeyRequest request) {
        database.sql(
                        "INSERT INTO service_account_key_request (cluster, node, certificate, agreement_key, signature,"
                                + " requested_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (cluster, node) DO UPDATE SET"
                                + " certificate = excluded.certificate, agreement_key = excluded.agreement_key, signature ="
                                + " excluded.signature, requested_at = excluded.requested_at, sealed_by = NULL,"
                                + " sealer_certificate = NULL, ephemeral_key = NULL, ciphertext = NULL, sealer_signature = NULL")
                .params(
                        node.cluster(),
                        node.name(),
                        certificate,
                        decode(request.agreementKey()),
                        decode(request.signature()),
                        now())
                .update();
    }

    Optional<String> asked(Node node) {
        return database.sql("SELECT agreement_key FROM service_account_key_request WHERE cluster = ? AND node = ?")
                .params(node.cluster(), node.name())
                .query((row, number) -> encode(row.getBytes("agreement_key")))
                .optional();
    }

    /** What others ask for and nobody answered; of nodes that may have it, by certificates in force. */
    List<KeyRequest> open(String cluster, String but) {
        return database.sql("SELECT r.node, r.certificate, r.agreement_key, r.signature"
                        + " FROM service_account_key_request r JOIN node n ON n.cluster = r.cluster AND n.name = r.node"
                        + " JOIN certificate c ON c.fingerprint = sha256(r.certificate)"
                        + " WHERE r.cluster = ? AND r.node <> ? AND r.sealed_by IS NULL AND n.state = 'active'"
                        + " AND r.requested_at >= n.enrolled_at AND 'control-plane' = ANY (n.roles)"
                        + " AND NOT EXISTS (SELECT 1 FROM revocation v WHERE v.serial = c.serial AND v.released_at IS NULL)"
                        + " ORDER BY r.node")
                .params(cluster, but)
                .query((row, number) -> new KeyRequest(
                        row.getString("node"),
                        Pem.encode(Pem.CERTIFICATE, row.getBytes("certificate")),
                        encode(row.getBytes("agreement_key")),
                        encode(row.getBytes("signature"))))
                .list();
    }

    /** @return false where there is no such request, or somebody was faster */
    boolean answer(Node sender, byte[] certificate, SealedKey sealed) {
        return database.sql("UPDATE service_account_key_request SET sealed_by = ?, sealer_certificate = ?,"
                                + " ephemeral_key = ?, ciphertext = ?, sealer_signature = ?"
                                + " WHERE cluster = ? AND node = ? AND agreement_key = ? AND sealed_by IS NULL")
                        .params(
                                sender.name(),
                                certificate,
                                decode(sealed.ephemeralKey()),
                                decode(sealed.ciphertext()),
                                decode(sealed.signature()),
                                sender.cluster(),
                                sealed.receiver(),
                                decode(sealed.agreementKey()))
                        .update()
                > 0;
    }

    Optional<SealedKey> sealed(Node receiver) {
        return database.sql("SELECT * FROM service_account_key_request"
                        + " WHERE cluster = ? AND node = ? AND sealed_by IS NOT NULL")
                .params(receiver.cluster(), receiver.name())
                .query((row, number) -> sealed(row))
                .optional();
    }

    private static SealedKey sealed(ResultSet row) throws SQLException {
        return new SealedKey(
                row.getString("node"),
                encode(row.getBytes("agreement_key")),
                row.getString("sealed_by"),
                Pem.encode(Pem.CERTIFICATE, row.getBytes("sealer_certificate")),
                encode(row.getBytes("ephemeral_key")),
                encode(row.getBytes("ciphertext")),
                encode(row.getBytes("sealer_signature")));
    }

    /** @throws IllegalArgumentException where it is not Base64 of 1 to {@code longest} octets */
    static byte[] bytes(String name, String base64, int longest) {
        byte[] bytes;
        try {
            bytes = decode(base64);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + name + "' is not Base64", e);
        }
        if (bytes.length == 0 || bytes.length > longest) {
            throw new IllegalArgumentException("'" + name + "' has 1 to " + longest + " octets");
        }
        return bytes;
    }

    private static byte[] decode(String base64) {
        return Base64.getDecoder().decode(base64);
    }

    private static String encode(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private Timestamp now() {
        return Timestamp.from(clock.instant());
    }
}
