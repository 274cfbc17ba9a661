package dev.certfleet.agent.etcd;

import dev.certfleet.agent.etcd.Probe.Answer;
import dev.certfleet.agent.server.Credential;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One of etcd's ports, and what was seen there: it counts as enforcing where it refuses a new connection with the canary, whose
 * serial is in the published CRL, and serves one with a good certificate right after.
 *
 * @param name for people and metrics
 * @param port the TCP port
 * @param flag the argument of etcd that names the CRL for this port
 */
record Door(String name, int port, String flag) {

    /** What was seen. */
    sealed interface Seen {
        /** The revoked certificate was refused, the good one served. */
        record Enforces() implements Seen {}

        /** etcd does not run, or not here. */
        record NotListening() implements Seen {}

        /** Something is wrong. */
        record Wrong(String what) implements Seen {}
    }

    /**
     * @param crl the published file, for messages
     * @param good a certificate that etcd has to accept at this port; looked for once somebody listens
     */
    Seen look(
            Probe probe,
            List<InetAddress> addresses,
            Credential canary,
            Supplier<Optional<Credential>> good,
            List<X509Certificate> authorities,
            Path crl) {
        Answer ofCanary = probe.ask(addresses, port, canary, authorities);
        return switch (ofCanary) {
            case Answer.NotListening _ -> new Seen.NotListening();
            case Answer.Unclear(String what) -> new Seen.Wrong("port " + port + " answers neither yes nor no: " + what);
            case Answer.Accepted _ ->
                new Seen.Wrong("etcd accepts a revoked certificate at port " + port + "; start it with --" + flag + "="
                        + crl + ", and where it is older than 3.6.16 without --listen-client-http-urls");
            case Answer.Refused _ ->
                good.get()
                        .map(pair -> ofGood(probe.ask(addresses, port, pair, authorities), crl))
                        .orElseGet(() ->
                                new Seen.Wrong("there is no good certificate to try etcd's " + name + " port with"));
        };
    }

    private Seen ofGood(Answer answer, Path crl) {
        return switch (answer) {
            case Answer.Accepted _ -> new Seen.Enforces();
            case Answer.NotListening _ -> new Seen.NotListening();
            case Answer.Refused _ ->
                new Seen.Wrong("etcd refuses this node's own good certificate at port " + port
                        + " as well; it has to be started with --" + flag + "=" + crl
                        + " and with the CA bundle beside it");
            case Answer.Unclear(String what) -> new Seen.Wrong("port " + port + " answers neither yes nor no: " + what);
        };
    }
}
