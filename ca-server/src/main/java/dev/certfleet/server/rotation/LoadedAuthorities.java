package dev.certfleet.server.rotation;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** What nodes report of the authorities that their components trust. Whoever did not report it is waited for. */
@Component
class LoadedAuthorities {
    /** Each node that has a role, is no longer out and is not left out, with its newest word on one bundle. */
    private static final String REPORTED = "SELECT n.cluster, n.name, n.last_seen_at, n.report IS NOT NULL AS reported,"
            + " b.e IS NOT NULL AS said, coalesce((b.e->>'loaded')::boolean, false) AS loaded,"
            + " b.e->>'waitingFor' AS waiting_for,"
            + " coalesce(jsonb_exists_any(b.e->'authorities', cast(:fingerprints as text[])), false) AS has"
            + " FROM node n LEFT JOIN LATERAL (SELECT e FROM jsonb_array_elements("
            + "CASE WHEN jsonb_typeof(n.report->'bundles') = 'array' THEN n.report->'bundles' ELSE '[]' END) e"
            + " WHERE e->>'bundle' = :bundle LIMIT 1) b ON true"
            + " WHERE n.state IN ('active', 'reinstall-allowed') AND n.roles && cast(:roles as text[])"
            + " AND (:cluster::text IS NULL OR n.cluster = :cluster)"
            + " AND n.cluster || '/' || n.name <> ALL (:leftOut) ORDER BY n.cluster, n.name";

    private final JdbcClient database;

    LoadedAuthorities(JdbcClient database) {
        this.database = database;
    }

    private record Said(
            String cluster,
            String node,
            @Nullable Timestamp lastSeenAt,
            boolean reported,
            boolean said,
            boolean loaded,
            @Nullable String waitingFor,
            boolean has) {

        WaitedFor because(String bundle, String why) {
            return new WaitedFor(cluster, node, bundle, why, lastSeenAt == null ? null : lastSeenAt.toInstant());
        }
    }

    /** Nodes that were not seen to use an authority by any of these bundles. */
    List<WaitedFor> without(Rotation rotation, List<BundleReader> readers, String fingerprint) {
        List<WaitedFor> waited = new ArrayList<>();
        for (BundleReader reader : readers) {
            for (Said said : said(rotation, reader, List.of(fingerprint))) {
                if (!(said.has() && said.loaded())) {
                    waited.add(said.because(
                            reader.bundle(), why(said, !said.has(), "has not published the new authority yet")));
                }
            }
        }
        return waited;
    }

    /** Nodes that were not seen to use these bundles without any of the authorities. */
    List<WaitedFor> still(Rotation rotation, List<BundleReader> readers, Collection<String> fingerprints) {
        List<WaitedFor> waited = new ArrayList<>();
        for (BundleReader reader : readers) {
            for (Said said : said(rotation, reader, fingerprints)) {
                if (!(said.said() && said.loaded() && !said.has())) {
                    waited.add(
                            said.because(reader.bundle(), why(said, said.has(), "has the old authority in its file")));
                }
            }
        }
        return waited;
    }

    private static String why(Said said, boolean fileIsBehind, String behind) {
        if (!said.reported()) {
            return "has never reported";
        }
        if (!said.said()) {
            return "does not say which authorities its components use; is its agent old?";
        }
        if (fileIsBehind) {
            return behind;
        }
        return said.waitingFor() == null ? "its components do not use it yet" : said.waitingFor();
    }

    private List<Said> said(Rotation rotation, BundleReader reader, Collection<String> fingerprints) {
        Map<String, @Nullable Object> parameters = new TreeMap<>();
        parameters.put("fingerprints", fingerprints.toArray(String[]::new));
        parameters.put("bundle", reader.bundle());
        parameters.put("roles", reader.roles().toArray(String[]::new));
        parameters.put("cluster", rotation.cluster());
        parameters.put("leftOut", rotation.leftOut().toArray(String[]::new));
        return database.sql(REPORTED)
                .params(parameters)
                .query(LoadedAuthorities::row)
                .list();
    }

    private static Said row(ResultSet row, int number) throws SQLException {
        return new Said(
                row.getString("cluster"),
                row.getString("name"),
                row.getTimestamp("last_seen_at"),
                row.getBoolean("reported"),
                row.getBoolean("said"),
                row.getBoolean("loaded"),
                row.getString("waiting_for"),
                row.getBoolean("has"));
    }
}
