package dev.certfleet.pki;

/**
 * What an authority is for. A cluster has one of each of the first five; {@link #INSTALLATION} belongs to no cluster and
 * signs the server's TLS certificate and the operators' credentials.
 */
public enum AuthorityKind {
    KUBERNETES("kubernetes"),
    ETCD("etcd"),
    FRONT_PROXY("front-proxy"),
    /** The only authority that may issue {@code system:masters}. */
    BREAK_GLASS("break-glass"),
    /** Node identities towards the certfleet server, and the revocation gate's serving certificate. */
    AGENTS("agents"),
    INSTALLATION("installation");

    private final String label;

    AuthorityKind(String label) {
        this.label = label;
    }

    /** The name on the API and in URLs. */
    public String label() {
        return label;
    }

    /** @throws IllegalArgumentException for a name that is none of {@link #label()} */
    public static AuthorityKind of(String label) {
        return Labels.find(values(), AuthorityKind::label, label, "kind of authority");
    }
}
