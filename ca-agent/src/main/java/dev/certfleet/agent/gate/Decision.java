package dev.certfleet.agent.gate;

/** What kube-apiserver is told. There is no "allow": the gate never grants anything. */
sealed interface Decision {
    Outcome outcome();

    /** Let the other authorizers decide. */
    record NoOpinion(Outcome outcome) implements Decision {}

    /** @param reason shown to the caller */
    record Denied(Outcome outcome, String reason) implements Decision {}

    /** Why. */
    enum Outcome {
        /** The caller showed no client certificate. */
        NOT_X509("not-x509"),
        GOOD("good"),
        REVOKED("revoked"),
        NEVER_ISSUED("never-issued"),
        /** No credential id that kube-apiserver can have made. */
        MALFORMED("malformed"),
        FRESH_START("fresh-start"),
        /** Known, but never or too long ago checked. */
        UNREACHABLE("unreachable"),
        UNCONFIRMED("unconfirmed");

        private final String label;

        Outcome(String label) {
            this.label = label;
        }

        String label() {
            return label;
        }
    }
}
