package dev.certfleet.server.enrolment;

import dev.certfleet.pki.NodeRole;
import dev.certfleet.server.x509.NodeFacts;
import jakarta.persistence.Column;
import jakarta.persistence.Embeddable;
import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;
import java.io.Serializable;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.hibernate.annotations.DynamicUpdate;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;

/**
 * A machine of a cluster, with what was fixed when it enrolled or changed by an operator since. Only what changed is written: a report that comes while the
 * node is retired does not bring it back.
 */
@Entity
@DynamicUpdate
@Table(name = "node")
public class Node {
    /** Whether the node's identity is taken. */
    public enum State {
        ACTIVE("active"),
        /** Left for good: all its certificates are revoked and its name stays taken. */
        RETIRED("retired"),
        /** An operator allowed that its name is enrolled once more. */
        REINSTALL_ALLOWED("reinstall-allowed"),
        /** Not trusted: all its certificates are revoked, its keys and tokens are dead, and nothing is issued to it. */
        QUARANTINED("quarantined");

        private final String label;

        State(String label) {
            this.label = label;
        }

        /** The name on the API. */
        public String label() {
            return label;
        }
    }

    /**
     * @param cluster the cluster's name
     * @param name the node's name, unique in its cluster
     */
    @Embeddable
    public record Id(String cluster, String name) implements Serializable {}

    @EmbeddedId
    private Id id;

    @JdbcTypeCode(SqlTypes.ARRAY)
    private List<String> roles;

    @JdbcTypeCode(SqlTypes.ARRAY)
    private List<String> addresses;

    private String state;

    @Column(name = "enrolled_at")
    private Instant enrolledAt;

    @Column(name = "last_seen_at")
    private @Nullable Instant lastSeenAt;

    @JdbcTypeCode(SqlTypes.JSON)
    private @Nullable String report;

    @Column(name = "renamed_from")
    private @Nullable String renamedFrom;

    /** For JPA. */
    @SuppressWarnings("NullAway.Init")
    protected Node() {}

    Node(Id id, List<String> roles, List<String> addresses, Instant enrolledAt) {
        this.id = id;
        this.roles = roles;
        this.addresses = addresses;
        this.state = State.ACTIVE.label();
        this.enrolledAt = enrolledAt;
    }

    /** A node that is to take another's place under a name of its own. */
    static Node renamed(Node old, String name, Instant at) {
        Node made = new Node(new Id(old.cluster(), name), old.roles(), List.of(), at);
        made.state = State.REINSTALL_ALLOWED.label();
        made.renamedFrom = old.name();
        return made;
    }

    void change(List<String> newRoles, List<String> newAddresses) {
        this.roles = newRoles;
        this.addresses = newAddresses;
    }

    void enrolAgain(List<String> newRoles, List<String> newAddresses, Instant at) {
        this.roles = newRoles;
        this.addresses = newAddresses;
        this.state = State.ACTIVE.label();
        this.enrolledAt = at;
        this.report = null;
        this.renamedFrom = null;
    }

    /** Whether nothing is issued to it and its identity is refused. */
    public boolean isOut() {
        return switch (state()) {
            case RETIRED, QUARANTINED -> true;
            case ACTIVE, REINSTALL_ALLOWED -> false;
        };
    }

    void become(State newState) {
        this.state = newState.label();
    }

    void seen(Instant at, String newReport) {
        this.lastSeenAt = at;
        this.report = newReport;
    }

    public String cluster() {
        return id.cluster();
    }

    public String name() {
        return id.name();
    }

    public List<String> roles() {
        return List.copyOf(roles);
    }

    /** Textual IP addresses. */
    public List<String> addresses() {
        return List.copyOf(addresses);
    }

    public State state() {
        return java.util.Arrays.stream(State.values())
                .filter(candidate -> candidate.label().equals(state))
                .findFirst()
                .orElseThrow();
    }

    public Instant enrolledAt() {
        return enrolledAt;
    }

    /** When it last reported; null before the first report. */
    public @Nullable Instant lastSeenAt() {
        return lastSeenAt;
    }

    /** Its last report, JSON. */
    public @Nullable String report() {
        return report;
    }

    /** The node whose place it takes when it enrols; null where there is none. */
    public @Nullable String renamedFrom() {
        return renamedFrom;
    }

    /** What profiles take the names in certificates from. */
    public NodeFacts facts() {
        return facts(id.name(), roles, addresses);
    }

    static NodeFacts facts(String name, List<String> roles, List<String> addresses) {
        return new NodeFacts(
                name,
                roles.stream().map(NodeRole::of).collect(Collectors.toUnmodifiableSet()),
                addresses.stream().map(InetAddress::ofLiteral).toList());
    }
}
