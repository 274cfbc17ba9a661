package dev.certfleet.server.ledger;

import dev.certfleet.server.x509.Fingerprint;
import dev.certfleet.server.x509.Serial;
import java.sql.Timestamp;
import java.time.Instant;
import org.springframework.jdbc.core.simple.JdbcClient;

/** How every certificate begins in the database: with its serial and contents, before it is signed or known to be. */
final class ReservedRow {
    private ReservedRow() {}

    /**
     * Inserts it.
     *
     * @param conflict the columns that somebody may have taken before, in parentheses; empty for any
     * @return false where somebody has
     */
    static boolean insert(JdbcClient database, NewCertificate certificate, String conflict, Instant now) {
        return database.sql("INSERT INTO certificate (serial, authority, cluster, profile, node, operator,"
                                + " subject, dns_names, addresses, public_key_hash, not_before, not_after, state, contents,"
                                + " requester, request_id, request_hash, reserved_at)"
                                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'reserved', ?, ?, ?, ?, ?)"
                                + " ON CONFLICT " + conflict + " DO NOTHING")
                        .param(certificate.serial().bytes())
                        .param(certificate.authority())
                        .param(certificate.cluster())
                        .param(certificate.profile())
                        .param(certificate.node())
                        .param(certificate.operator())
                        .param(certificate.subject())
                        .param(certificate.dnsNames().toArray(String[]::new))
                        .param(certificate.addresses().toArray(String[]::new))
                        .param(certificate.publicKeyHash())
                        .param(Timestamp.from(certificate.notBefore()))
                        .param(Timestamp.from(certificate.notAfter()))
                        .param(certificate.contents())
                        .param(certificate.requester())
                        .param(certificate.requestId())
                        .param(certificate.requestHash())
                        .param(Timestamp.from(now))
                        .update()
                == 1;
    }

    /** Makes of it, or of whatever is there under that serial, the certificate that was signed. */
    static void issue(JdbcClient database, Serial serial, byte[] der, Instant at) {
        database.sql("UPDATE certificate SET state = 'issued', fingerprint = ?, certificate = ?, issued_at = ?"
                        + " WHERE serial = ?")
                .param(Fingerprint.of(der).bytes())
                .param(der)
                .param(Timestamp.from(at))
                .param(serial.bytes())
                .update();
    }
}
