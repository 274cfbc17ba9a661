package dev.certfleet.server.ledger;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.x509.KeyHash;
import java.sql.Timestamp;
import java.time.Clock;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Which keys a node can use a certificate of a profile with. */
@Component
public class LivePairs {
    private final JdbcClient database;
    private final Clock clock;

    LivePairs(JdbcClient database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /** Whether the node has a certificate of the profile, neither ended nor revoked, for another key than this. */
    public boolean existsForOtherKey(String cluster, String node, ProfileName profile, KeyHash key) {
        return database.sql("SELECT EXISTS (SELECT 1 FROM certificate c WHERE c.cluster = ? AND c.node = ?"
                        + " AND c.profile = ? AND c.state = 'issued' AND c.not_after > ? AND c.public_key_hash <> ?"
                        + " AND NOT EXISTS (SELECT 1 FROM revocation r WHERE r.serial = c.serial"
                        + " AND r.released_at IS NULL AND r.reason <> 6))")
                .param(cluster)
                .param(node)
                .param(profile.label())
                .param(Timestamp.from(clock.instant()))
                .param(key.bytes())
                .query(Boolean.class)
                .single();
    }
}
