package dev.certfleet.server.access;

import dev.certfleet.server.ledger.CertificateRecord;

/** Who sent a request, proven by the certificate they hold. */
public sealed interface Caller {
    /** As audit events and the ledger name them. */
    String actor();

    /** The certificate they proved to hold. */
    CertificateRecord certificate();

    /** Whether an operator's grants let them read what is the cluster's. */
    boolean mayRead(String cluster);

    /** Whether an operator's grants let them change what is the cluster's. */
    boolean mayAdminister(String cluster);

    /** Whether they may read everything, what belongs to no cluster included. */
    boolean mayReadInstallation();

    /** Whether they may make and remove clusters and operators. */
    boolean mayAdministerInstallation();

    /** Whether they are one of the cluster's nodes. */
    boolean isNodeOf(String cluster);

    /**
     * @param name the operator's name
     * @param grants what they may, as it is now
     */
    record Operator(String name, Grants grants, CertificateRecord certificate) implements Caller {
        @Override
        public String actor() {
            return "operator:" + name;
        }

        @Override
        public boolean mayRead(String cluster) {
            return grants.mayRead(cluster);
        }

        @Override
        public boolean mayAdminister(String cluster) {
            return grants.mayAdminister(cluster);
        }

        @Override
        public boolean mayReadInstallation() {
            return grants.mayReadInstallation();
        }

        @Override
        public boolean mayAdministerInstallation() {
            return grants.mayAdministerInstallation();
        }

        @Override
        public boolean isNodeOf(String cluster) {
            return false;
        }
    }

    /**
     * A node's agent. It has no grants: what it may, it may as the node it is.
     *
     * @param cluster its cluster's name
     * @param node its node's name
     */
    record Agent(String cluster, String node, CertificateRecord certificate) implements Caller {
        @Override
        public String actor() {
            return "node:" + cluster + "/" + node;
        }

        @Override
        public boolean mayRead(String name) {
            return false;
        }

        @Override
        public boolean mayAdminister(String name) {
            return false;
        }

        @Override
        public boolean mayReadInstallation() {
            return false;
        }

        @Override
        public boolean mayAdministerInstallation() {
            return false;
        }

        @Override
        public boolean isNodeOf(String name) {
            return cluster.equals(name);
        }
    }
}
