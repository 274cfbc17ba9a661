package dev.certfleet.server.enrolment;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.NodeRole;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.wire.AssignedCertificate;
import dev.certfleet.pki.wire.Assignment;
import dev.certfleet.pki.wire.ServiceAccountKeyOrder;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.authority.Cluster;
import dev.certfleet.server.authority.Clusters;
import dev.certfleet.server.authority.CsrPolicies;
import dev.certfleet.server.authority.TrustBundles;
import dev.certfleet.server.signing.Signatures;
import dev.certfleet.server.x509.AuthorityUrls;
import dev.certfleet.server.x509.ExpectedNames;
import dev.certfleet.server.x509.Holder;
import dev.certfleet.server.x509.KeyRules;
import dev.certfleet.server.x509.Profiles;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Works out what a node has to hold: nobody lists files by hand. */
@Component
public class Assignments {
    private final Clusters clusters;
    private final Authorities authorities;
    private final TrustBundles bundles;
    private final CsrPolicies csrPolicies;
    private final ServiceAccountKeys serviceAccountKeys;
    private final JdbcClient database;
    private final Clock clock;
    private final Profiles profiles;

    Assignments(
            Clusters clusters,
            Authorities authorities,
            TrustBundles bundles,
            CsrPolicies csrPolicies,
            ServiceAccountKeys serviceAccountKeys,
            JdbcClient database,
            Clock clock,
            KeyRules keyRules) {
        this.clusters = clusters;
        this.authorities = authorities;
        this.bundles = bundles;
        this.csrPolicies = csrPolicies;
        this.serviceAccountKeys = serviceAccountKeys;
        this.database = database;
        this.clock = clock;
        this.profiles = new Profiles(keyRules, Signatures.provider());
    }

    /** Whether a node of these roles holds a certificate of this profile, or asks for one: its identity is its own. */
    public static boolean isHeld(ProfileName profile, Node node) {
        return profile == ProfileName.NODE_IDENTITY
                || node.roles().stream().map(NodeRole::of).anyMatch(profile.roles()::contains);
    }

    public Assignment of(Node node) {
        Cluster cluster = clusters.named(node.cluster()).orElseThrow();
        Holder.Node holder = new Holder.Node(cluster.facts(), node.facts());
        Map<String, String> demands = demands(node);
        boolean answersCsrs = !csrPolicies.of(node.cluster()).signers().isEmpty();
        List<AssignedCertificate> certificates = Arrays.stream(ProfileName.values())
                .filter(profile -> isHeld(profile, node) && (answersCsrs || profile != ProfileName.CSR_SIGNER))
                .map(profile -> assigned(profile, holder, demands))
                .toList();
        Map<String, String> trust = bundles.of(node.cluster());
        Map<String, String> statusUrls = urls(node.cluster(), AuthorityUrls::ocsp);
        Map<String, String> crlUrls = urls(node.cluster(), AuthorityUrls::crl);
        // etcd reads one file for all its authorities, and compares serials only
        authorities
                .active(node.cluster(), AuthorityKind.ETCD)
                .ifPresent(etcd -> crlUrls.put(etcd.kind().label(), etcd.urls().indirectCrl()));
        String endpoint = cluster.facts().controlPlaneEndpoint();
        ServiceAccountKeyOrder serviceAccountKey =
                serviceAccountKeys.orderFor(node).orElse(null);
        return new Assignment(
                node.cluster(),
                node.name(),
                node.roles(),
                clock.instant().truncatedTo(ChronoUnit.MILLIS).toString(),
                version(List.of(
                        node.roles(),
                        String.valueOf(endpoint),
                        certificates,
                        trust,
                        statusUrls,
                        crlUrls,
                        String.valueOf(serviceAccountKey))),
                endpoint,
                certificates,
                trust,
                statusUrls,
                crlUrls,
                serviceAccountKey);
    }

    private AssignedCertificate assigned(ProfileName profile, Holder.Node holder, Map<String, String> demands) {
        ExpectedNames names = profiles.expectedNames(profile, holder);
        return new AssignedCertificate(
                profile.label(),
                holder.cluster().keyAlgorithm().label(),
                names.commonName(),
                names.dnsNames(),
                names.addresses().stream().map(InetAddress::getHostAddress).toList(),
                demands.get(profile.label()));
    }

    private Map<String, String> demands(Node node) {
        Map<String, String> demands = new HashMap<>();
        database.sql("SELECT profile, before FROM renewal_demand WHERE cluster = ? AND node = ?")
                .params(node.cluster(), node.name())
                .query(row -> {
                    demands.put(
                            row.getString("profile"),
                            row.getTimestamp("before").toInstant().toString());
                });
        return demands;
    }

    private Map<String, String> urls(String cluster, Function<AuthorityUrls, String> which) {
        Map<String, String> urls = new TreeMap<>();
        for (Authority authority : authorities.ofCluster(cluster)) {
            // One of each kind: of several generations, the one that issues
            if (authority.kind() != AuthorityKind.INSTALLATION && authority.is(Authority.State.ACTIVE)) {
                urls.put(authority.kind().label(), which.apply(authority.urls()));
            }
        }
        return urls;
    }

    private static String version(Object contents) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest(contents.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
