package dev.certfleet.server.installation;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Everything that can be set, under the prefix {@code certfleet.}; docs/settings.md describes each.
 *
 * @param data the data folder: sealing key, TLS certificate, embedded database, first operator's credential
 * @param database the PostgreSQL to use; absent: an embedded one in the data folder
 * @param sealingKeyFile the sealing key; absent: {@code sealing.key} in the data folder
 * @param names DNS names and IP addresses for the server's TLS certificate beside localhost and the machine's own
 * @param api HTTPS: REST and agents
 * @param statusUrl the address of this installation's own OCSP, CRL and CA certificates, baked into the certificates
 *     of its servers and operators; clusters have their own
 * @param status plain HTTP: OCSP, CRL, CA certificates
 * @param management plain HTTP on loopback: health and metrics
 * @param ocsp what OCSP answers
 * @param enrolment how nodes come to have an identity
 * @param profiles by the profile's label, what is set of it
 */
public record Settings(
        @DefaultValue("certfleet-data") Path data,
        @Nullable Database database,
        @Nullable Path sealingKeyFile,
        @DefaultValue List<String> names,
        @DefaultValue("http://localhost:8080") String statusUrl,
        @DefaultValue("0.0.0.0:8443") String api,
        @DefaultValue("0.0.0.0:8080") String status,
        @DefaultValue("127.0.0.1:9090") String management,
        @DefaultValue Ocsp ocsp,
        @DefaultValue Enrolment enrolment,
        @DefaultValue Map<String, Profile> profiles) {

    /** @param window from thisUpdate to nextUpdate of an OCSP answer */
    public record Ocsp(@DefaultValue("PT10M") Duration window) {
        private static final Duration SHORTEST = Duration.ofMinutes(1);
        private static final Duration LONGEST = Duration.ofDays(1);

        /** The window, where it is within its bounds. */
        public Duration checkedWindow() {
            if (window.compareTo(SHORTEST) < 0 || window.compareTo(LONGEST) > 0) {
                throw new CannotStart("certfleet.ocsp.window is '" + window
                        + "'; it takes a duration from PT1M to PT24H, such as PT10M");
            }
            return window;
        }
    }

    /** @param maximumAbsence for how long after its end an identity brings its node back; zero: not at all */
    public record Enrolment(@DefaultValue("P400D") Duration maximumAbsence) {
        private static final Duration LONGEST = Duration.ofDays(3650);

        /** The maximum absence, where it is within its bounds. */
        public Duration checkedMaximumAbsence() {
            if (maximumAbsence.isNegative() || maximumAbsence.compareTo(LONGEST) > 0) {
                throw new CannotStart("certfleet.enrolment.maximum-absence is '" + maximumAbsence
                        + "'; it takes a duration from PT0S, which is never, to P3650D, such as P400D");
            }
            return maximumAbsence;
        }
    }

    /** @param lifetime how long its certificates live; null for the profile's own */
    public record Profile(@Nullable Duration lifetime) {}

    /**
     * @param url JDBC URL, {@code jdbc:postgresql://host:port/name}
     * @param username the role to connect as
     * @param passwordFile a file that holds its password and nothing else
     */
    public record Database(
            String url, @Nullable String username, @Nullable Path passwordFile) {}

    public InetSocketAddress apiAddress() {
        return address("certfleet.api", api);
    }

    public InetSocketAddress statusAddress() {
        return address("certfleet.status", status);
    }

    public InetSocketAddress managementAddress() {
        return address("certfleet.management", management);
    }

    private static InetSocketAddress address(String key, String value) {
        int colon = value.lastIndexOf(':');
        try {
            int port = Integer.parseInt(value.substring(colon + 1));
            String host =
                    value.substring(0, Math.max(colon, 0)).replace("[", "").replace("]", "");
            if (colon > 0 && port >= 0 && port <= 65535) {
                InetSocketAddress address = new InetSocketAddress(host, port);
                if (!address.isUnresolved()) {
                    return address;
                }
            }
        } catch (NumberFormatException e) {
            // said below, together with every other way to get it wrong
        }
        throw new CannotStart(key + " is '" + value + "'; it takes an address and a port, such as 127.0.0.1:8443");
    }
}
