package dev.certfleet.server.web;

import dev.certfleet.server.access.Caller;

/**
 * Ends a request that its caller may not make. What an operator has no grant for is refused alike whether it exists or
 * not, so that nobody learns of other people's clusters.
 */
final class May {
    private May() {}

    static void read(Caller caller, String cluster) {
        if (!caller.mayRead(cluster)) {
            throw refused();
        }
    }

    static void administer(Caller caller, String cluster) {
        if (!caller.mayAdminister(cluster)) {
            throw refused();
        }
    }

    /** Operators who may read the cluster, and its own nodes. */
    static void readOrBeNodeOf(Caller caller, String cluster) {
        if (!caller.mayRead(cluster) && !caller.isNodeOf(cluster)) {
            throw refused();
        }
    }

    static void administerInstallation(Caller caller) {
        if (!caller.mayAdministerInstallation()) {
            throw ProblemException.notPermitted("this needs a grant of the role admin for all clusters");
        }
    }

    /** What belongs to one cluster, or with null to all. */
    static void readOneOrAll(Caller caller, @org.jspecify.annotations.Nullable String cluster) {
        if (cluster != null) {
            read(caller, cluster);
        } else if (!caller.mayReadInstallation()) {
            throw ProblemException.notPermitted("without a grant for all clusters, name one: ?cluster=NAME");
        }
    }

    static ProblemException refused() {
        return ProblemException.notPermitted("the caller has no grant for this");
    }
}
