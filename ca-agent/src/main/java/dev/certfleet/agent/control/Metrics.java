package dev.certfleet.agent.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.gate.GateServer;
import dev.certfleet.pki.wire.LoadedBundle;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.function.Supplier;

/** {@code GET /metrics} on loopback, in Prometheus' text format. */
public final class Metrics implements AutoCloseable {
    private final HttpServer server;

    private Metrics(HttpServer server) {
        this.server = server;
    }

    public static Metrics open(InetSocketAddress address, Supplier<String> metrics) {
        GateServer.prepareHttpServer();
        try {
            HttpServer server = HttpServer.create(address, 8);
            server.createContext("/", exchange -> answer(exchange, metrics));
            server.start();
            return new Metrics(server);
        } catch (IOException e) {
            throw new Trouble(
                    ExitCode.SETTINGS,
                    "cannot serve metrics on " + address.getHostString() + ":" + address.getPort() + ": "
                            + Trouble.oneLine(e) + "; set control.metrics to another address, or to 'off'",
                    e);
        }
    }

    public int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private static void answer(HttpExchange exchange, Supplier<String> metrics) throws IOException {
        try (exchange) {
            boolean found = exchange.getRequestURI().getPath().equals("/metrics");
            boolean get = exchange.getRequestMethod().equals("GET");
            byte[] body = found && get ? metrics.get().getBytes(UTF_8) : new byte[0];
            exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
            exchange.sendResponseHeaders(found ? get ? 200 : 405 : 404, body.length == 0 ? -1 : body.length);
            if (body.length > 0) {
                exchange.getResponseBody().write(body);
            }
        }
    }

    /** The report as metrics; docs/agent.md lists them. */
    public static String of(StatusReport report) {
        StringBuilder text = new StringBuilder(4096);
        head(text, "certfleet_agent_info", "The agent's version, node and cluster.");
        text.append("certfleet_agent_info{version=\"").append(report.version());
        text.append("\",node=\"").append(report.node() == null ? "" : report.node());
        text.append("\",cluster=\"")
                .append(report.cluster() == null ? "" : report.cluster())
                .append("\"} 1\n");

        head(text, "certfleet_agent_enrolled", "1 where the node has an identity.");
        text.append("certfleet_agent_enrolled ")
                .append(report.node() == null ? 0 : 1)
                .append('\n');

        head(text, "certfleet_agent_certificate_not_after_seconds", "When the certificate ends, Unix time.");
        for (StatusReport.Line line : report.certificates()) {
            if (line.notAfter() != null) {
                sample(text, "certfleet_agent_certificate_not_after_seconds", line.profile(), line.notAfter());
            }
        }
        head(text, "certfleet_agent_certificate_next_seconds", "When its next step is due, Unix time.");
        for (StatusReport.Line line : report.certificates()) {
            if (line.nextAt() != null) {
                sample(text, "certfleet_agent_certificate_next_seconds", line.profile(), line.nextAt());
            }
        }
        head(text, "certfleet_agent_certificate_state", "1 for the state that the certificate is in.");
        for (StatusReport.Line line : report.certificates()) {
            text.append("certfleet_agent_certificate_state{profile=\"").append(line.profile());
            text.append("\",state=\"").append(line.state()).append("\"} 1\n");
        }
        head(
                text,
                "certfleet_agent_certificate_problem",
                "1 where something keeps the certificate from its next step.");
        for (StatusReport.Line line : report.certificates()) {
            text.append("certfleet_agent_certificate_problem{profile=\"").append(line.profile());
            text.append("\"} ").append(line.problem() == null ? 0 : 1).append('\n');
        }
        head(text, "certfleet_agent_certificate_proven", "1 where a component was seen to use the certificate.");
        for (StatusReport.Line line : report.certificates()) {
            text.append("certfleet_agent_certificate_proven{profile=\"").append(line.profile());
            text.append("\"} ").append(line.proof() == null ? 0 : 1).append('\n');
        }
        head(
                text,
                "certfleet_agent_bundle_loaded",
                "1 where every component that runs uses the published CA bundle, 0 where one waits for a restart.");
        for (LoadedBundle bundle : report.bundles()) {
            text.append("certfleet_agent_bundle_loaded{bundle=\"").append(bundle.bundle());
            text.append("\"} ").append(bundle.loaded() ? 1 : 0).append('\n');
        }
        head(
                text,
                "certfleet_agent_certificate_overdue",
                "1 where less than a quarter of the certificate's life is left, or it has ended.");
        for (StatusReport.Line line : report.certificates()) {
            text.append("certfleet_agent_certificate_overdue{profile=\"").append(line.profile());
            text.append("\"} ").append(line.overdue() ? 1 : 0).append('\n');
        }
        head(
                text,
                "certfleet_agent_bundle_not_after_seconds",
                "When the first CA of a published bundle ends, Unix time.");
        for (StatusReport.Authority authority : report.authorities()) {
            text.append("certfleet_agent_bundle_not_after_seconds{bundle=\"").append(authority.bundle());
            text.append("\"} ").append(authority.notAfter().getEpochSecond()).append('\n');
        }
        head(text, "certfleet_agent_problems", "How many problems there are beside those of single certificates.");
        text.append("certfleet_agent_problems ")
                .append(report.problems().size())
                .append('\n');
        if (report.lastContact() != null) {
            head(text, "certfleet_agent_last_contact_seconds", "When the server answered last, Unix time.");
            text.append("certfleet_agent_last_contact_seconds ");
            text.append(report.lastContact().getEpochSecond()).append('\n');
        }
        if (report.clockSkewSeconds() != null) {
            head(text, "certfleet_agent_clock_skew_seconds", "This node's clock minus the server's.");
            text.append("certfleet_agent_clock_skew_seconds ")
                    .append(report.clockSkewSeconds())
                    .append('\n');
        }
        return text.toString();
    }

    private static void head(StringBuilder text, String name, String help) {
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(" gauge\n");
    }

    private static void sample(StringBuilder text, String name, String profile, Instant time) {
        text.append(name).append("{profile=\"").append(profile).append("\"} ");
        text.append(time.getEpochSecond()).append('\n');
    }
}
