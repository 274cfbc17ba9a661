package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Holds a cluster's feed, so that whoever writes to it waits: what comes first and what second is the test's to say. */
final class HeldUp implements AutoCloseable {
    private final TestServer server;
    private final Connection session;

    HeldUp(TestServer server, String cluster) throws SQLException {
        this.server = server;
        this.session = DriverManager.getConnection(
                server.setting("spring.datasource.url"),
                server.setting("spring.datasource.username"),
                server.setting("spring.datasource.password"));
        session.setAutoCommit(false);
        try (PreparedStatement statement =
                session.prepareStatement("SELECT 1 FROM feed_head WHERE cluster = ? FOR UPDATE")) {
            statement.setString(1, cluster);
            assertThat(statement.executeQuery().next()).isTrue();
        }
    }

    /** Returns when so many transactions wait for a lock. */
    void awaitWaiting(long transactions) throws InterruptedException {
        long waiting = 0;
        for (int tries = 0; tries < 400 && waiting < transactions; tries++) {
            TimeUnit.MILLISECONDS.sleep(25);
            waiting = server.bean(JdbcClient.class)
                    .sql("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
                    .query(Long.class)
                    .single();
        }
        assertThat(waiting).isGreaterThanOrEqualTo(transactions);
    }

    /** Returns when a certificate is reserved under this request id: all that was checked before is behind it. */
    void awaitReserved(String requestId) throws InterruptedException {
        long reserved = 0;
        for (int tries = 0; tries < 400 && reserved == 0; tries++) {
            TimeUnit.MILLISECONDS.sleep(25);
            reserved = server.bean(JdbcClient.class)
                    .sql("SELECT count(*) FROM certificate WHERE request_id = ? AND state = 'reserved'")
                    .param(requestId)
                    .query(Long.class)
                    .single();
        }
        assertThat(reserved).isOne();
    }

    void letGo() throws SQLException {
        session.commit();
    }

    @Override
    public void close() throws SQLException {
        session.close();
    }
}
