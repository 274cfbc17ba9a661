package dev.certfleet.server.replica;

import dev.certfleet.server.installation.CannotStart;
import dev.certfleet.server.installation.DataFolder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** This server among the others: on record from before it does anything until it stops, and again with each heartbeat. */
@Component
public class ThisReplica implements DisposableBean {
    /** From one heartbeat to the next. */
    public static final Duration HEARTBEAT = Duration.ofSeconds(5);

    /** A server that was not seen for this long does not count as running. */
    public static final Duration LIVE = HEARTBEAT.multipliedBy(4);

    private static final String FILE = "replica.id";

    private final JdbcClient database;
    private final Clock clock;
    private final Replica replica;

    ThisReplica(DataFolder folder, JdbcClient database, Clock clock) {
        this.database = database;
        this.clock = clock;
        this.replica = new Replica(id(folder), host());
        register();
    }

    /** Who this is. */
    public Replica replica() {
        return replica;
    }

    private void register() {
        Timestamp now = Timestamp.from(clock.instant());
        database.sql("INSERT INTO replica (id, name, host, started_at, seen_at, stopped)"
                        + " VALUES (?, ?, ?, ?, ?, false) ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
                        + " host = excluded.host, started_at = excluded.started_at, seen_at = excluded.seen_at,"
                        + " stopped = false")
                .params(replica.id(), replica.name(), replica.host(), now, now)
                .update();
    }

    /** Says that it runs; where the database was put back to a time before this server came, it comes again. */
    void heartbeat() {
        int updated = database.sql("UPDATE replica SET seen_at = ?, stopped = false WHERE id = ?")
                .params(Timestamp.from(clock.instant()), replica.id())
                .update();
        if (updated == 0) {
            register();
        }
    }

    /** Nobody waits for a server that said it stops; where the database is away, its silence says so. */
    @Override
    public void destroy() {
        try {
            database.sql("UPDATE replica SET stopped = true WHERE id = ?")
                    .param(replica.id())
                    .update();
        } catch (RuntimeException e) {
            // the database is away
        }
    }

    private static UUID id(DataFolder folder) {
        Path file = folder.file(FILE);
        try {
            if (!Files.exists(file)) {
                UUID made = UUID.randomUUID();
                folder.writePublic(FILE, (made + "\n").getBytes(StandardCharsets.US_ASCII));
                return made;
            }
            return UUID.fromString(
                    Files.readString(file, StandardCharsets.US_ASCII).strip());
        } catch (IllegalArgumentException e) {
            throw new CannotStart(
                    "the file " + file + " is not a server's id; delete it, and the server makes another", e);
        } catch (IOException e) {
            throw new CannotStart("the file " + file + " cannot be read: " + e, e);
        }
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "server";
        }
    }
}
