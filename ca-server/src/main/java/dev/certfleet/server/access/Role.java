package dev.certfleet.server.access;

import com.fasterxml.jackson.annotation.JsonValue;

/** What a grant lets an operator do. */
public enum Role {
    /** Reads and changes. */
    ADMIN("admin"),
    /** Reads. */
    VIEWER("viewer");

    private final String label;

    Role(String label) {
        this.label = label;
    }

    /** The name on the API and in the database. */
    @JsonValue
    public String label() {
        return label;
    }

    @Override
    public String toString() {
        return label;
    }
}
