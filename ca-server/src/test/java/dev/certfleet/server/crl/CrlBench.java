package dev.certfleet.server.crl;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.server.CertfleetServer;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.authority.CreateCluster;
import dev.certfleet.server.schedule.Repeating;
import dev.certfleet.server.status.ManyRevocations;
import dev.certfleet.server.x509.ClusterFacts;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The server of {@code src/bench/run crl}: fills its database, makes CRLs, prints the figures, and leaves the last full CRL,
 * the delta and the authority's certificate in a folder, for others to check.
 */
final class CrlBench {
    private static final int ROUNDS = 5;

    private interface Task {
        void run() throws Exception;
    }

    /** @param arguments folder for the results, count of entries, settings of the server */
    public static void main(String[] arguments) throws Exception {
        Path results = Path.of(arguments[0]);
        int count = Integer.parseInt(arguments[1]);
        List<String> settings = new ArrayList<>(List.of(arguments).subList(2, arguments.length));
        try (ConfigurableApplicationContext server =
                CertfleetServer.application().run(settings.toArray(String[]::new))) {
            server.getBeansOfType(Repeating.class).values().forEach(Repeating::stop);
            var _ = server.getBean(CreateCluster.class)
                    .create(
                            new ClusterFacts(
                                    "bench",
                                    "cluster.local",
                                    List.of("10.96.0.0/12"),
                                    null,
                                    List.of(),
                                    KeyAlgorithm.P256),
                            "http://localhost:8080",
                            1,
                            "bench")
                    .orElseThrow();
            new CrlBench(server).measure(results, count);
        }
        System.exit(0);
    }

    private final Crls crls;
    private final PublishCrl publishCrl;
    private final JdbcClient database;
    private final DataSource dataSource;
    private final TransactionTemplate transaction;
    private final Authority authority;

    private CrlBench(ConfigurableApplicationContext server) {
        this.crls = server.getBean(Crls.class);
        this.publishCrl = server.getBean(PublishCrl.class);
        this.database = server.getBean(JdbcClient.class);
        this.dataSource = server.getBean(DataSource.class);
        this.transaction = new TransactionTemplate(server.getBean(PlatformTransactionManager.class));
        this.authority = server.getBean(Authorities.class)
                .active("bench", AuthorityKind.KUBERNETES)
                .orElseThrow();
    }

    private void measure(Path results, int count) throws Exception {
        crls.publish(authority, CrlPart.FULL);
        System.err.println("inserting " + count + " revoked certificates");
        revoke(count);
        database.sql("VACUUM ANALYZE revocation").update();
        peaks(true);

        List<Double> copies = new ArrayList<>();
        List<Double> fulls = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            copies.add(millis(this::copy));
            database.sql("UPDATE crl SET scheduled_at = scheduled_at - interval '1 day' WHERE part = 'full'")
                    .update();
            fulls.add(millis(() -> publishCrl.publish(authority, CrlPart.FULL)));
            System.err.printf(Locale.ROOT, "copy %.0f ms, full %.0f ms%n", copies.getLast(), fulls.getLast());
        }
        crls.publish(authority, CrlPart.DELTA);
        List<Double> deltas = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            revoke(10);
            deltas.add(millis(() -> crls.publish(authority, CrlPart.DELTA)));
            System.err.printf(Locale.ROOT, "delta %.0f ms%n", deltas.getLast());
        }
        crls.fetchNews();
        keep(results.resolve("full.crl"), CrlPart.FULL);
        keep(results.resolve("delta.crl"), CrlPart.DELTA);
        Files.write(results.resolve("ca.der"), authority.certificate());
        double copy = median(copies);
        double full = median(fulls);
        System.out.printf(
                Locale.ROOT,
                "{\"entries\": %d, \"crl_full_to_read\": %.2f, \"crl_full_ms\": %.0f, \"crl_copy_ms\": %.0f,"
                        + " \"crl_peak_heap_mb\": %d, \"crl_delta_ms\": %.0f, \"crl_bytes\": %d}%n",
                count,
                full / copy,
                full,
                copy,
                peaks(false) / 1024 / 1024,
                median(deltas),
                Files.size(results.resolve("full.crl")));
    }

    /** Without the triggers, which would make receipts and journal entries for each of a million rows. */
    private void revoke(int count) {
        transaction.executeWithoutResult(status -> {
            database.sql("SET LOCAL session_replication_role = replica").update();
            for (String sql : ManyRevocations.STATEMENTS) {
                database.sql(sql)
                        .param("authority", authority.name())
                        .param("count", count)
                        .update();
            }
        });
    }

    /** Reads the rows of the full CRL, and does nothing with them. */
    private void copy() throws Exception {
        String sql =
                "COPY (SELECT r.serial, r.revoked_at, r.reason, r.invalidity_date FROM revocation r WHERE r.authority = '"
                        + authority.name() + "' AND r.released_at IS NULL AND r.not_after >= '2000-01-01'::timestamptz)"
                        + " TO STDOUT (FORMAT binary)";
        try (Connection connection = dataSource.getConnection()) {
            connection.unwrap(PGConnection.class).getCopyAPI().copyOut(sql, OutputStream.nullOutputStream());
        }
    }

    private void keep(Path file, CrlPart part) throws Exception {
        PublishedCrl crl = crls.newest(new CrlId(authority.name(), part)).orElseThrow();
        if (crl.file() != null) {
            Files.copy(crl.file(), file, StandardCopyOption.REPLACE_EXISTING);
        } else {
            Files.write(file, java.util.Objects.requireNonNull(crl.octets()));
        }
    }

    private static double millis(Task task) throws Exception {
        long began = System.nanoTime();
        task.run();
        return (System.nanoTime() - began) / 1e6;
    }

    private static double median(List<Double> times) {
        return times.stream().sorted().toList().get(times.size() / 2);
    }

    /** The sum of what each pool of the heap held at its fullest. */
    private static long peaks(boolean reset) {
        long sum = 0;
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            if (pool.getType() == MemoryType.HEAP) {
                sum += pool.getPeakUsage().getUsed();
                if (reset) {
                    pool.resetPeakUsage();
                }
            }
        }
        return sum;
    }
}
