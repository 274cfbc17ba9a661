package dev.certfleet.server.authority;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.server.x509.ClusterFacts;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.List;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;

/** A Kubernetes cluster: the unit of isolation. */
@Entity
@Table(name = "cluster")
public class Cluster {
    @Id
    private String name;

    private String domain;

    @JdbcTypeCode(SqlTypes.ARRAY)
    @Column(name = "service_cidrs")
    private List<String> serviceCidrs;

    @Column(name = "control_plane_endpoint")
    private @Nullable String controlPlaneEndpoint;

    @JdbcTypeCode(SqlTypes.ARRAY)
    @Column(name = "extra_names")
    private List<String> extraNames;

    @Column(name = "key_algorithm")
    private String keyAlgorithm;

    @Column(name = "status_url")
    private String statusUrl;

    @Column(name = "crl_shards")
    private int crlShards;

    @Column(name = "created_at")
    private Instant createdAt;

    /** For JPA. */
    @SuppressWarnings("NullAway.Init")
    protected Cluster() {}

    Cluster(ClusterFacts facts, String statusUrl, int crlShards, Instant createdAt) {
        this.name = facts.name();
        this.domain = facts.domain();
        this.serviceCidrs = facts.serviceCidrs();
        this.controlPlaneEndpoint = facts.controlPlaneEndpoint();
        this.extraNames = facts.extraNames();
        this.keyAlgorithm = facts.keyAlgorithm().label();
        this.statusUrl = statusUrl;
        this.crlShards = crlShards;
        this.createdAt = createdAt;
    }

    /** Its description is another from now on; name and key algorithm stay. */
    void describe(ClusterFacts facts) {
        this.domain = facts.domain();
        this.serviceCidrs = facts.serviceCidrs();
        this.controlPlaneEndpoint = facts.controlPlaneEndpoint();
        this.extraNames = facts.extraNames();
    }

    public String name() {
        return name;
    }

    /** What profiles take the names in certificates from. */
    public ClusterFacts facts() {
        return new ClusterFacts(
                name, domain, serviceCidrs, controlPlaneEndpoint, extraNames, KeyAlgorithm.of(keyAlgorithm));
    }

    /** Where OCSP, CRLs and CA certificates of this cluster are found; baked into its certificates. */
    public String statusUrl() {
        return statusUrl;
    }

    /** How many shards the CRLs of its authorities are in; 1 where its certificates name the complete CRL. */
    public int crlShards() {
        return crlShards;
    }

    public Instant createdAt() {
        return createdAt;
    }
}
