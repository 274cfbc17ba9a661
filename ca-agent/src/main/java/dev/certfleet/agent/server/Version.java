package dev.certfleet.agent.server;

import org.jspecify.annotations.Nullable;

/** The agent's version, from its jar. */
public final class Version {
    public static final String TEXT = text();

    private Version() {}

    private static String text() {
        @Nullable String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
