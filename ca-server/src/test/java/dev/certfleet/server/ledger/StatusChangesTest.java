package dev.certfleet.server.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.AdjustableClock;
import dev.certfleet.server.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;

/** What a follower is told, whatever order transactions end in and whatever becomes of the database. */
class StatusChangesTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    private final TestDatabase database = TestDatabase.create();
    private final Told told = new Told();
    private final StatusChanges changes = new StatusChanges(details(), new AdjustableClock());

    private JdbcConnectionDetails details() {
        return new JdbcConnectionDetails() {
            @Override
            public String getUsername() {
                return database.username();
            }

            @Override
            public @Nullable String getPassword() {
                return null;
            }

            @Override
            public String getJdbcUrl() {
                return database.url();
            }
        };
    }

    /** Remembers what it is told. */
    private static final class Told implements StatusChanges.Follower {
        final Map<Long, StatusRow> rows = new ConcurrentHashMap<>();
        final AtomicInteger restarts = new AtomicInteger();
        final AtomicInteger readings = new AtomicInteger();

        @Override
        public void restart() {
            restarts.incrementAndGet();
            rows.clear();
        }

        @Override
        public void recorded(StatusRow row) {
            rows.put(row.serialLow(), row);
        }

        @Override
        public void gone(long serialHigh, long serialLow) {
            rows.remove(serialLow);
        }

        @Override
        public void caughtUp(Instant asOf) {
            readings.incrementAndGet();
        }

        @Override
        public Duration archive() {
            return Duration.ofDays(7);
        }

        boolean isRevoked(long serial) {
            StatusRow row = rows.get(serial);
            return row != null && row.revocation() != null;
        }
    }

    @BeforeEach
    void start() throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO installation (epoch, sealing_key_check, created_at)"
                    + " VALUES (gen_random_uuid(), '', now())");
            statement.execute("INSERT INTO sealed_key (id, algorithm, public_key, nonce, sealed, created_at)"
                    + " VALUES (gen_random_uuid(), 'p256', '', '\\x000102030405060708090a0b', '', now())");
            statement.execute("INSERT INTO authority (name, kind, generation, subject, key_algorithm, key_identifier,"
                    + " sealed_key, serial, certificate, not_before, not_after, status_url, state,"
                    + " crl_shards, issuers, anchored)"
                    + " SELECT 'installation-1', 'installation', 1, 'CN=a', 'p256', '', id,"
                    + " '\\x0f0e0d0c0b0a09080706050403020100', '', now(), now() + interval '1 year', '', 'active', 1, '', 'authority'"
                    + " FROM sealed_key");
        }
        changes.follow(told);
    }

    @AfterEach
    void stop() {
        changes.stop();
        database.close();
    }

    private static byte[] serial(long low) {
        return HexFormat.of().parseHex(String.format(java.util.Locale.ROOT, "1111111111111111%016x", low));
    }

    private void issue(Connection connection, long serial, String state) throws SQLException {
        boolean issued = state.equals("issued");
        String text = Long.toString(serial);
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO certificate (serial, authority, profile, subject, dns_names, addresses, public_key_hash,"
                        + " not_before, not_after, state, contents, requester, request_id, request_hash, reserved_at,"
                        + " fingerprint, certificate, issued_at) VALUES (?, 'installation-1', 'p', 's', '{}', '{}',"
                        + " sha256(?::bytea), now(), now() + interval '1 day', ?, '', 'test', ?, sha256(?::bytea), now(),"
                        + " CASE WHEN ? THEN sha256(?::bytea) END, CASE WHEN ? THEN ''::bytea END,"
                        + " CASE WHEN ? THEN now() END)")) {
            insert.setBytes(1, serial(serial));
            insert.setBytes(2, serial(serial));
            insert.setString(3, state);
            insert.setString(4, text);
            insert.setBytes(5, serial(serial));
            insert.setBoolean(6, issued);
            insert.setBytes(7, serial(serial));
            insert.setBoolean(8, issued);
            insert.setBoolean(9, issued);
            insert.executeUpdate();
        }
    }

    private static void revoke(Connection connection, long serial) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO revocation (id, serial, authority, reason, revoked_at, revoked_by, not_after, change)"
                        + " VALUES (?, ?, 'installation-1', 6, now(), 'test', now(), 1)")) {
            insert.setObject(1, UUID.randomUUID());
            insert.setBytes(2, serial(serial));
            insert.executeUpdate();
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private Connection transaction() throws SQLException {
        Connection connection = database.dataSource().getConnection();
        connection.setAutoCommit(false);
        return connection;
    }

    @Test
    void tellsWhatWasIssuedRevokedAndReleasedAndNothingThatIsOnlyReserved() throws SQLException {
        try (Connection connection = database.dataSource().getConnection()) {
            issue(connection, 1, "issued");
            issue(connection, 2, "reserved");
            changes.start();
            assertThat(told.rows.keySet()).containsExactly(1L);
            assertThat(told.isRevoked(1)).isFalse();

            issue(connection, 3, "issued");
            revoke(connection, 1);
            assertThat(changes.catchUp(SOON)).isTrue();
            assertThat(told.rows.keySet()).containsExactlyInAnyOrder(1L, 3L);
            assertThat(told.isRevoked(1)).isTrue();

            execute("UPDATE revocation SET released_at = now(), released_change = 2");
            assertThat(changes.catchUp(SOON)).isTrue();
            assertThat(told.isRevoked(1)).isFalse();
            assertThat(told.restarts).hasValue(1);
        }
    }

    @Test
    void transactionThatCommitsAfterALaterOneIsNotMissed() throws SQLException {
        try (Connection connection = database.dataSource().getConnection()) {
            issue(connection, 1, "issued");
            issue(connection, 2, "issued");
        }
        changes.start();
        try (Connection early = transaction();
                Connection late = transaction()) {
            revoke(early, 1);
            revoke(late, 2);
            late.commit();
            assertThat(changes.catchUp(SOON)).isTrue();
            assertThat(told.isRevoked(1)).isFalse();
            assertThat(told.isRevoked(2)).isTrue();

            try (Connection another = database.dataSource().getConnection()) {
                issue(another, 3, "issued");
            }
            assertThat(changes.catchUp(SOON)).isTrue();
            early.commit();
            assertThat(changes.catchUp(SOON)).isTrue();
            assertThat(told.isRevoked(1)).isTrue();
            assertThat(told.restarts).hasValue(1);
        }
    }

    @Test
    void whatIsNotAnnouncedIsToldAllTheSame() throws Exception {
        try (Connection connection = database.dataSource().getConnection()) {
            issue(connection, 1, "issued");
            changes.start();
            revoke(connection, 1);
        }

        for (int i = 0; i < 200 && !told.isRevoked(1); i++) {
            Thread.sleep(100);
        }

        assertThat(told.isRevoked(1)).isTrue();
    }

    @Test
    void manyWhoAskAtOnceAreServedByFewReadings() throws Exception {
        changes.start();
        int before = told.readings.get();

        try (Connection blocker = transaction();
                Statement statement = blocker.createStatement()) {
            statement.execute("LOCK TABLE status_change IN ACCESS EXCLUSIVE MODE");
            List<CompletableFuture<Boolean>> asked = new ArrayList<>();
            asked.add(changes.catchUp());
            Thread.sleep(200);
            for (int i = 0; i < 10_000; i++) {
                asked.add(changes.catchUp());
            }
            assertThat(asked).noneMatch(CompletableFuture::isDone);
            blocker.rollback();
            for (CompletableFuture<Boolean> each : asked) {
                assertThat(each.get()).isTrue();
            }
        }

        assertThat(told.readings.get() - before).isLessThanOrEqualTo(5);
    }

    @Test
    void anotherEpochHasEverythingReadAgain() throws SQLException {
        try (Connection connection = database.dataSource().getConnection()) {
            issue(connection, 1, "issued");
            changes.start();
            assertThat(told.restarts).hasValue(1);

            execute("SET session_replication_role = replica; INSERT INTO revocation (id, serial, authority, reason,"
                    + " revoked_at, revoked_by, not_after, change) SELECT gen_random_uuid(), serial, authority, 1, now(),"
                    + " 'test', not_after, 1"
                    + " FROM certificate");
            assertThat(changes.catchUp(SOON)).isTrue();
            assertThat(told.isRevoked(1))
                    .as("written past the triggers, as a restore does")
                    .isFalse();

            execute("UPDATE installation SET epoch = gen_random_uuid()");
            assertThat(changes.catchUp(SOON)).isTrue();
        }
        assertThat(told.restarts).hasValue(2);
        assertThat(told.isRevoked(1)).isTrue();
    }

    @Test
    void databaseThatWasAwayIsReadAgainAndWhoAsksMeanwhileIsToldSo() throws Exception {
        changes.start();
        database.goAway();
        assertThat(changes.catchUp(SOON)).isFalse();
        assertThat(changes.catchUp(SOON)).isFalse();

        database.comeBack();
        try (Connection connection = database.dataSource().getConnection()) {
            issue(connection, 1, "issued");
        }
        boolean back = false;
        for (int i = 0; i < 100 && !back; i++) {
            back = changes.catchUp(SOON);
        }
        assertThat(told.rows.keySet()).containsExactly(1L);
        assertThat(told.restarts.get()).isGreaterThan(1);
    }

    @Test
    void oldEntriesOfTheLogAreDeleted() throws SQLException {
        try (Connection connection = database.dataSource().getConnection()) {
            issue(connection, 1, "issued");
            issue(connection, 2, "issued");
        }
        execute("UPDATE status_change SET at = now() - interval '25 hours' WHERE serial = '\\x"
                + HexFormat.of().formatHex(serial(1)) + "'");

        changes.trim();

        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement();
                var count = statement.executeQuery("SELECT count(*), min(encode(serial, 'hex')) FROM status_change")) {
            count.next();
            assertThat(count.getLong(1)).isEqualTo(1);
            assertThat(count.getString(2)).endsWith("02");
        }
    }
}
