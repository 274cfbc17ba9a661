package dev.certfleet.server.rotation;

import java.util.Arrays;

/** Where a rotation is. Each is on record together with what it changed. */
public enum Step {
    /** The new key's certificate has to come from outside. */
    AWAITING_CERTIFICATE("awaiting-certificate"),
    /** The new authority is in the trust bundles; the nodes have to load it. */
    LOADING("loading"),
    /** Emergency: the new authority issues, the others are out of the bundles, and what they issued is being revoked. */
    REVOKING("revoking"),
    /** The new authority issues; the certificates of the others have to be replaced. */
    RENEWING("renewing"),
    /** The others are out of the trust bundles; the nodes have to stop trusting them. */
    UNLOADING("unloading"),
    DONE("done"),
    ABORTED("aborted");

    private final String label;

    Step(String label) {
        this.label = label;
    }

    /** The name on the API and in the database. */
    public String label() {
        return label;
    }

    /** Whether nothing comes after it. */
    public boolean isEnd() {
        return this == DONE || this == ABORTED;
    }

    /** Whether the new authority does not issue yet. */
    public boolean isBeforeIssuance() {
        return this == AWAITING_CERTIFICATE || this == LOADING;
    }

    static Step of(String label) {
        return Arrays.stream(values())
                .filter(step -> step.label.equals(label))
                .findFirst()
                .orElseThrow();
    }
}
