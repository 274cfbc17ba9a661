package dev.certfleet.server.crl;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Stores the pieces of a large CRL while the rest of it is being made, on a thread and a connection of its own, which is
 * taken with the first piece. They are committed by {@link #finish}, and nobody reads them before the number is made the
 * newest one; those of a CRL that came to nothing are removed with the next.
 */
final class StoringPieces implements SpillingBuffer.Blocks, AutoCloseable {
    /** How many pieces wait to be stored at most: making the CRL waits then. */
    private static final int WAITING = 4;

    private final DataSource dataSource;
    private final CrlId id;
    private final long number;
    private final Semaphore room = new Semaphore(WAITING);
    private @Nullable Connection connection;
    private @Nullable ExecutorService writer;
    private volatile @Nullable SQLException failure;
    /** The first one is the head, which is known last. */
    private int next = 1;

    StoringPieces(DataSource dataSource, CrlId id, long number) {
        this.dataSource = dataSource;
        this.id = id;
        this.number = number;
    }

    @Override
    public void put(byte[] block) throws IOException {
        if (writer == null) {
            writer = Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().name("crl-pieces").factory());
        }
        room.acquireUninterruptibly();
        int piece = next++;
        writer.execute(() -> {
            try {
                store(piece, block);
            } finally {
                room.release();
            }
        });
        requireStored();
    }

    private void store(int piece, byte[] octets) {
        if (failure != null) {
            return;
        }
        try {
            insert(connected(), piece, octets);
        } catch (SQLException e) {
            failure = e;
        }
    }

    private void requireStored() throws IOException {
        if (failure != null) {
            throw new IOException("the pieces of CRL " + number + " of " + id + " cannot be stored", failure);
        }
    }

    /** On the writer's thread, or after it ended. */
    private Connection connected() throws SQLException {
        Connection taken = connection;
        if (taken == null) {
            taken = dataSource.getConnection();
            connection = taken;
            taken.setAutoCommit(false);
            try (Statement statement = taken.createStatement()) {
                statement.execute("SET LOCAL synchronous_commit = off");
            }
            try (PreparedStatement statement = taken.prepareStatement(CrlStore.CLEAR)) {
                statement.setString(1, id.authority());
                statement.setString(2, id.part().label());
                statement.setLong(3, number);
                statement.executeUpdate();
            }
        }
        return taken;
    }

    private void insert(Connection to, int piece, byte[] octets) throws SQLException {
        try (PreparedStatement statement = to.prepareStatement(CrlStore.INSERT_PIECE)) {
            statement.setString(1, id.authority());
            statement.setString(2, id.part().label());
            statement.setLong(3, number);
            statement.setInt(4, piece);
            statement.setBytes(5, octets);
            statement.executeUpdate();
        }
    }

    /** Stores what is before and behind the pieces that were put, and commits all of them. */
    void finish(byte[] head, byte[] end) throws IOException {
        if (writer != null) {
            writer.close();
        }
        requireStored();
        try {
            Connection to = connected();
            insert(to, next, end);
            insert(to, 0, head);
            to.commit();
        } catch (SQLException e) {
            failure = e;
            requireStored();
        }
    }

    /** Takes back what was not finished. */
    @Override
    public void close() throws IOException {
        if (writer != null) {
            writer.close();
        }
        if (connection == null) {
            return;
        }
        try (Connection used = connection) {
            used.rollback();
        } catch (SQLException e) {
            throw new IOException("the pieces of CRL " + number + " of " + id + " cannot be taken back", e);
        }
    }
}
