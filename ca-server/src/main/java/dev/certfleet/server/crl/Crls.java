package dev.certfleet.server.crl;

import dev.certfleet.server.authority.Authorities;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Finds the newest CRL of an authority. */
@Component
public class Crls {
    private final JdbcClient database;
    private final Authorities authorities;
    private final PublishCrl publishCrl;

    Crls(JdbcClient database, Authorities authorities, PublishCrl publishCrl) {
        this.database = database;
        this.authorities = authorities;
        this.publishCrl = publishCrl;
    }

    /** The newest one, made now where there is none yet; empty where there is no such authority. */
    public Optional<Crl> newest(String authority) {
        Optional<Crl> published = published(authority);
        if (published.isPresent()) {
            return published;
        }
        return authorities.named(authority).flatMap(known -> {
            publishCrl.publish(known);
            return published(authority);
        });
    }

    private Optional<Crl> published(String authority) {
        return database.sql("SELECT number, this_update, next_update, der FROM crl WHERE authority = ?")
                .param(authority)
                .query((row, number) -> new Crl(
                        authority,
                        row.getLong("number"),
                        row.getTimestamp("this_update").toInstant(),
                        row.getTimestamp("next_update").toInstant(),
                        row.getBytes("der")))
                .optional();
    }
}
