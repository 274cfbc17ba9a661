package dev.certfleet.server.access;

/**
 * What an operator may do where.
 *
 * @param cluster a cluster's name, or {@value #EVERYWHERE} for every cluster and the installation itself
 * @param role what is allowed there
 */
public record Grant(String cluster, Role role) {
    public static final String EVERYWHERE = "*";

    boolean covers(String name) {
        return cluster.equals(EVERYWHERE) || cluster.equals(name);
    }

    @Override
    public String toString() {
        return cluster + "=" + role.label();
    }
}
