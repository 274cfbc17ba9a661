package dev.certfleet.server.rotation;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.authority.Clusters;
import dev.certfleet.server.enrolment.Assignments;
import dev.certfleet.server.enrolment.Node;
import dev.certfleet.server.enrolment.Nodes;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Asks the nodes of a cluster to renew what an authority issued. */
@Component
class Renewals {
    private static final int PAGE = 500;

    private final Nodes nodes;
    private final Clusters clusters;
    private final JdbcClient database;

    Renewals(Nodes nodes, Clusters clusters, JdbcClient database) {
        this.nodes = nodes;
        this.clusters = clusters;
        this.database = database;
    }

    /**
     * Keeps the nodes that will be asked where they are until the transaction ends, in one order. Whoever changes a node locks
     * it first and keeps from issuing afterwards, so it is done in that order here too.
     */
    void lockNodes(@Nullable String cluster) {
        database.sql("SELECT name FROM node WHERE cluster = ? ORDER BY name FOR KEY SHARE")
                .param(cluster)
                .query(String.class)
                .list();
    }

    /** @param cluster null for the installation, of whose authority no node holds a certificate */
    void demand(@Nullable String cluster, AuthorityKind kind, String actor) {
        if (cluster == null || clusters.named(cluster).isEmpty()) {
            return;
        }
        String after = null;
        List<Node> page = nodes.page(cluster, after, PAGE);
        while (!page.isEmpty()) {
            for (Node node : page) {
                Set<ProfileName> held = held(node, kind);
                if (!node.isOut() && !held.isEmpty()) {
                    nodes.demandRenewal(node, held, actor);
                }
            }
            after = page.getLast().name();
            page = nodes.page(cluster, after, PAGE);
        }
    }

    private static Set<ProfileName> held(Node node, AuthorityKind kind) {
        return Arrays.stream(ProfileName.values())
                .filter(profile -> profile.authority() == kind)
                .filter(profile -> Assignments.isHeld(profile, node))
                .collect(Collectors.toUnmodifiableSet());
    }
}
