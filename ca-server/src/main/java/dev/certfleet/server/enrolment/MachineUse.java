package dev.certfleet.server.enrolment;

import java.time.Instant;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Evidence of a machine's own: it counts once, for one node, and while what an operator said of such machines stands. */
final class MachineUse implements Grant.Use {
    private final Machines machines;
    private final Machines.Machine machine;
    private final byte[] evidence;
    private final Instant until;
    private final BooleanSupplier stillAdmitted;

    /**
     * @param evidence SHA-256 of the challenge or document
     * @param until when that ends to count
     * @param stillAdmitted asked in the transaction; what it reads stays so until its end
     */
    MachineUse(
            Machines machines,
            Machines.Machine machine,
            byte[] evidence,
            Instant until,
            BooleanSupplier stillAdmitted) {
        this.machines = machines;
        this.machine = machine;
        this.evidence = evidence;
        this.until = until;
        this.stillAdmitted = stillAdmitted;
    }

    @Override
    public @Nullable Enrolment refusal(String node) {
        if (machines.wasUsed(evidence)) {
            return new Enrolment.EvidenceUsed();
        }
        return machines.otherNode(machine, node).isPresent() ? new Enrolment.MachineTaken() : null;
    }

    @Override
    public @Nullable Enrolment use(String node) {
        if (!stillAdmitted.getAsBoolean()) {
            return new Enrolment.NoLongerAdmitted();
        }
        if (!machines.useUp(evidence, until)) {
            return new Enrolment.EvidenceUsed();
        }
        return machines.become(machine, node) ? null : new Enrolment.MachineTaken();
    }
}
