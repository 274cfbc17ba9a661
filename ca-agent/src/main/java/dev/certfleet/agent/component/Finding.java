package dev.certfleet.agent.component;

/** What came of looking whether a component uses a published pair. */
public sealed interface Finding {
    /** It does. */
    record Proven(Proof proof) implements Finding {}

    /** Nobody listens where the component should be: it reads the pair when it starts. */
    record NotRunning(Component component) implements Finding {}

    /** It runs and serves something else, or refuses the pair. */
    record Refused(String what) implements Finding {}

    /** It runs, and neither follows: the pair is not to blame for what was seen. */
    record Unclear(String what) implements Finding {}
}
