package dev.certfleet.endtoend;

/** Where a command runs: on a node, or on the machine that runs the test, which reaches every node but no node's loopback. */
@FunctionalInterface
interface Place {
    Place THIS_MACHINE = Command::of;

    Command command(String... argv);
}
