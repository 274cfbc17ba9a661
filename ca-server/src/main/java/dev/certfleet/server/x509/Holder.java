package dev.certfleet.server.x509;

/** Whom a certificate is for, with all that is on record of it. Names in certificates come from here and nowhere else. */
public sealed interface Holder {
    /** A node of a cluster. */
    record Node(ClusterFacts cluster, NodeFacts node) implements Holder {}

    /** A user of a cluster whose name the profile fixes, such as {@code kubernetes-admin}. */
    record ClusterUser(ClusterFacts cluster) implements Holder {}

    /** A user of a cluster whom a CertificateSigningRequest names, once somebody approved it. */
    record NamedUser(ClusterFacts cluster, Subject subject) implements Holder {}

    /**
     * The installation itself, outside all clusters.
     *
     * @param name the operator's name, or the server's
     * @param names the server's names; none for an operator
     */
    record Installation(String name, SubjectAlternativeNames names) implements Holder {
        /** An operator by name. */
        public static Installation operator(String name) {
            return new Installation(name, SubjectAlternativeNames.NONE);
        }
    }
}
