package dev.certfleet.server.access;

import java.util.List;

/** All that an operator may do. */
public record Grants(List<Grant> all) {
    public Grants {
        all = List.copyOf(all);
    }

    /** Every right everywhere: what the first operator holds. */
    public static Grants everything() {
        return new Grants(List.of(new Grant(Grant.EVERYWHERE, Role.ADMIN)));
    }

    public boolean mayRead(String cluster) {
        return all.stream().anyMatch(grant -> grant.covers(cluster));
    }

    public boolean mayAdminister(String cluster) {
        return all.stream().anyMatch(grant -> grant.role() == Role.ADMIN && grant.covers(cluster));
    }

    /** Whether everything may be read, what belongs to no cluster included. */
    public boolean mayReadInstallation() {
        return mayRead(Grant.EVERYWHERE);
    }

    /** Whether clusters and operators may be made and removed. */
    public boolean mayAdministerInstallation() {
        return mayAdminister(Grant.EVERYWHERE);
    }
}
