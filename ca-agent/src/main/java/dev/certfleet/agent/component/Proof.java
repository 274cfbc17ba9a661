package dev.certfleet.agent.component;

/** How a published pair was seen to be used. */
public enum Proof {
    /** In a TLS handshake the component presented this very certificate. */
    SERVED("served"),
    /** A component let its bearer in. */
    AUTHENTICATED("authenticated"),
    /** A component let its bearer in; the program that uses it may keep an older connection for a while. */
    NEXT_CONNECTION("next-connection");

    private final String label;

    Proof(String label) {
        this.label = label;
    }

    /** The name in reports, {@code status} and metrics. */
    public String label() {
        return label;
    }
}
