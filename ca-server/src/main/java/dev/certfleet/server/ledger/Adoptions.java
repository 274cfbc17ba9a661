package dev.certfleet.server.ledger;

import dev.certfleet.server.x509.Serial;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** Puts certificates on record that an authority issued before it was one of ours: from then on they are like all others. */
@Component
public class Adoptions {
    private final JdbcClient database;
    private final Ledger ledger;
    private final Feed feed;
    private final Clock clock;

    Adoptions(JdbcClient database, Ledger ledger, Feed feed, Clock clock) {
        this.database = database;
        this.ledger = ledger;
        this.feed = feed;
        this.clock = clock;
    }

    /**
     * Whatever is on record under a serial, issued or only reserved: nothing else can be recorded under it, since etcd compares
     * serials only.
     */
    public Optional<String> holderOf(Serial serial) {
        return database.sql("SELECT authority FROM certificate WHERE serial = ?")
                .param(serial.bytes())
                .query(String.class)
                .optional();
    }

    /**
     * Records a certificate, in the caller's transaction, and tells the cluster's feed where kube-apiserver may be shown it.
     *
     * @return empty where the serial is taken
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public Optional<CertificateRecord> record(NewCertificate certificate, byte[] der) {
        Instant now = clock.instant();
        if (!ReservedRow.insert(database, certificate, "", now)) {
            return Optional.empty();
        }
        ReservedRow.issue(database, certificate.serial(), der, now);
        CertificateRecord recorded = ledger.find(certificate.serial()).orElseThrow();
        feed.issued(recorded, now);
        return Optional.of(recorded);
    }
}
