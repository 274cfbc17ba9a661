package dev.certfleet.server.authority;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.ledger.Feed;
import dev.certfleet.server.x509.ClusterFacts;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Makes a cluster together with its authorities. */
@Component
public class CreateCluster {
    private final ClusterRepository clusters;
    private final CreateAuthority createAuthority;
    private final ImportAuthority importAuthority;
    private final Feed feed;
    private final AuditLog audit;
    private final Clock clock;

    CreateCluster(
            ClusterRepository clusters,
            CreateAuthority createAuthority,
            ImportAuthority importAuthority,
            Feed feed,
            AuditLog audit,
            Clock clock) {
        this.clusters = clusters;
        this.createAuthority = createAuthority;
        this.importAuthority = importAuthority;
        this.feed = feed;
        this.audit = audit;
        this.clock = clock;
    }

    /**
     * @param facts the cluster's description, checked by the caller for form
     * @param statusUrl without a trailing slash
     * @param crlShards how many shards its CRLs are in, 1 to {@value dev.certfleet.server.x509.CrlShards#MOST}
     * @return empty where there is a cluster of this name
     */
    @Transactional
    public Optional<Cluster> create(ClusterFacts facts, String statusUrl, int crlShards, String actor) {
        return create(facts, statusUrl, crlShards, List.of(), actor);
    }

    /**
     * The same, of CAs that are there already.
     *
     * @param imported what {@link ImportAuthority#check} found good
     */
    @Transactional
    public Optional<Cluster> create(
            ClusterFacts facts, String statusUrl, int crlShards, List<ImportedAuthority> imported, String actor) {
        if (clusters.existsById(facts.name())) {
            return Optional.empty();
        }
        Cluster cluster = clusters.saveAndFlush(new Cluster(facts, statusUrl, crlShards, clock.instant()));
        List<String> names = new ArrayList<>();
        Set<AuthorityKind> issuing = EnumSet.noneOf(AuthorityKind.class);
        for (ImportedAuthority one : imported) {
            Authority authority = importAuthority.take(cluster, one, actor);
            names.add(authority.name());
            if (authority.canSign()) {
                issuing.add(one.kind());
            }
        }
        for (AuthorityKind kind : kindsOfACluster()) {
            if (!issuing.contains(kind)) {
                names.add(createAuthority
                        .create(facts.name(), kind, facts.keyAlgorithm(), statusUrl, crlShards, actor)
                        .name());
            }
        }
        feed.open(facts.name());
        audit.append(actor, new AuditEvent.ClusterCreated(facts.name(), names));
        return Optional.of(cluster);
    }

    private static List<AuthorityKind> kindsOfACluster() {
        return Arrays.stream(AuthorityKind.values())
                .filter(kind -> kind != AuthorityKind.INSTALLATION)
                .toList();
    }
}
