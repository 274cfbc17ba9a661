package dev.certfleet.server.enrolment;

import java.sql.Timestamp;
import java.time.Clock;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * Which node a machine is that proved itself by its TPM or a document: it is one node of a cluster, until that node was
 * retired. And which evidence was used: a challenge or a document counts once.
 */
@Component
class Machines {
    private final JdbcClient database;
    private final Clock clock;

    Machines(JdbcClient database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * @param kind {@code tpm} or {@code document}
     * @param digest SHA-256 of what tells the machine from all others of its kind
     */
    record Machine(String cluster, String kind, byte[] digest) {}

    /** The node that a machine is, other than this one and not retired; empty where there is none. */
    Optional<String> otherNode(Machine machine, String node) {
        return database.sql("SELECT m.node FROM enrolled_machine m JOIN node n ON n.cluster = m.cluster"
                        + " AND n.name = m.node WHERE m.cluster = ? AND m.kind = ? AND m.machine = ? AND m.node <> ?"
                        + " AND n.state <> 'retired'")
                .params(machine.cluster(), machine.kind(), machine.digest(), node)
                .query(String.class)
                .optional();
    }

    /** Makes the machine this node; false where it is another one. Whoever does the same at once waits. */
    @Transactional(propagation = Propagation.MANDATORY)
    boolean become(Machine machine, String node) {
        int changed = database.sql("INSERT INTO enrolled_machine (cluster, kind, machine, node, enrolled_at)"
                        + " VALUES (?, ?, ?, ?, ?) ON CONFLICT (cluster, kind, machine) DO UPDATE"
                        + " SET node = excluded.node, enrolled_at = excluded.enrolled_at"
                        + " WHERE enrolled_machine.node = excluded.node OR EXISTS (SELECT 1 FROM node n"
                        + " WHERE n.cluster = enrolled_machine.cluster AND n.name = enrolled_machine.node"
                        + " AND n.state = 'retired')")
                .params(machine.cluster(), machine.kind(), machine.digest(), node, Timestamp.from(clock.instant()))
                .update();
        return changed == 1;
    }

    /** A node that enrols anew may be another machine than it was. */
    @Transactional(propagation = Propagation.MANDATORY)
    void forget(String cluster, String node) {
        database.sql("DELETE FROM enrolled_machine WHERE cluster = ? AND node = ?")
                .params(cluster, node)
                .update();
    }

    /** What a node proved to be: each a kind, a space and the digest in hexadecimal. */
    List<String> of(String cluster, String node) {
        return database.sql("SELECT kind || ' ' || encode(machine, 'hex') FROM enrolled_machine"
                        + " WHERE cluster = ? AND node = ? ORDER BY 1")
                .params(cluster, node)
                .query(String.class)
                .list();
    }

    /** Makes machines, as {@link #of} names them, this node again; one that is another node by now stays that. */
    @Transactional(propagation = Propagation.MANDATORY)
    void becomeAgain(String cluster, String node, List<String> machines) {
        for (String machine : machines) {
            String[] parts = machine.split(" ", 2);
            become(new Machine(cluster, parts[0], HexFormat.of().parseHex(parts[1])), node);
        }
    }

    boolean wasUsed(byte[] evidence) {
        return database.sql("SELECT count(*) FROM used_evidence WHERE digest = ?")
                        .param(evidence)
                        .query(Long.class)
                        .single()
                > 0;
    }

    /**
     * Uses evidence up; false where it was used before. Whoever does the same at once waits.
     *
     * @param until when it would not count any more anyway
     */
    @Transactional(propagation = Propagation.MANDATORY)
    boolean useUp(byte[] evidence, Instant until) {
        database.sql("DELETE FROM used_evidence WHERE digest IN (SELECT digest FROM used_evidence"
                        + " WHERE expires_at < ? FOR UPDATE SKIP LOCKED)")
                .param(Timestamp.from(clock.instant()))
                .update();
        return database.sql("INSERT INTO used_evidence (digest, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING")
                        .params(evidence, Timestamp.from(until))
                        .update()
                == 1;
    }
}
