package dev.certfleet.server.status;

import java.util.List;

/** Puts many revoked certificates of an authority into the database, as revoking one after the other would. */
public final class ManyRevocations {
    /** In this order, with the parameters {@code authority} and {@code count}. */
    public static final List<String> STATEMENTS = List.of(
            "INSERT INTO certificate (serial, authority, cluster, profile, subject, dns_names, addresses, public_key_hash,"
                    + " not_before, not_after, state, contents, requester, request_id, request_hash, reserved_at)"
                    + " SELECT decode('7f', 'hex') || substr(sha256((:authority || n || clock_timestamp())::bytea), 1, 15),"
                    + " a.name, a.cluster, 'test', 'CN=test', '{}', '{}', sha256(''), now() - interval '1 day',"
                    + " now() + interval '30 days', 'reserved', '', 'many', gen_random_uuid()::text, sha256(''), now()"
                    + " FROM authority a, generate_series(1, :count) n WHERE a.name = :authority",
            "INSERT INTO crl_change (authority, changes) VALUES (:authority, :count)"
                    + " ON CONFLICT (authority) DO UPDATE SET changes = crl_change.changes + :count",
            "INSERT INTO revocation (id, serial, authority, reason, revoked_at, revoked_by, not_after, change)"
                    + " SELECT gen_random_uuid(), c.serial, c.authority, (1 + get_byte(c.serial, 15) % 5)::smallint, now(),"
                    + " 'many', c.not_after, h.changes FROM certificate c JOIN crl_change h ON h.authority = c.authority"
                    + " WHERE c.authority = :authority AND c.requester = 'many' AND :count > 0"
                    + " AND NOT EXISTS (SELECT 1 FROM revocation r WHERE r.serial = c.serial)");

    private ManyRevocations() {}
}
