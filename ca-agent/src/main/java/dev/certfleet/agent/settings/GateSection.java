package dev.certfleet.agent.settings;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.gate.GatePolicy;
import dev.certfleet.agent.gate.GatePolicy.Verdict;
import dev.certfleet.agent.gate.GateSettings;
import java.net.InetAddress;
import java.net.URI;

/**
 * The section {@code gate}.
 *
 * @param enabled false where {@code run} leaves the revocation gate to a {@code ca-agent gate} of its own, or to nobody
 */
public record GateSection(boolean enabled, GateSettings settings) {
    private static final int LAST_PORT = 65_535;

    static GateSection from(Section section) {
        GateSettings usual = GateSettings.DEFAULT;
        boolean enabled = section.flag("enabled", true);
        try {
            GateSettings settings = new GateSettings(
                    section.text("address").orElse(usual.address()),
                    section.text("port").map(text -> port(section, text)).orElse(usual.port()),
                    policy(section.section("policy")),
                    section.duration("staleAfter", usual.staleAfter()),
                    section.duration("refreshAfter", usual.refreshAfter()),
                    section.duration("lookupTime", usual.lookupTime()),
                    section.duration("feedWait", usual.feedWait()),
                    section.duration("pollInterval", usual.pollInterval()),
                    verdict(section, "failurePolicy", usual.failurePolicy()),
                    section.duration("cacheFor", usual.cacheFor()),
                    section.path("auditLog", usual.auditLog()),
                    section.text("apiServer").map(text -> apiServer(section, text)));
            section.end();
            if (!InetAddress.ofLiteral(settings.address()).isLoopbackAddress()) {
                throw Section.wrong(
                        section.name("address") + " has to be a loopback address, not " + settings.address());
            }
            return new GateSection(enabled, settings);
        } catch (IllegalArgumentException e) {
            throw new Trouble(ExitCode.SETTINGS, Trouble.oneLine(e), e);
        }
    }

    private static GatePolicy policy(Section section) {
        GatePolicy usual = GatePolicy.DEFAULT;
        GatePolicy policy = new GatePolicy(
                verdict(section, "freshStart", usual.freshStart()),
                verdict(section, "unreachable", usual.unreachable()),
                verdict(section, "unconfirmed", usual.unconfirmed()),
                verdict(section, "neverIssued", usual.neverIssued()));
        section.end();
        return policy;
    }

    private static Verdict verdict(Section section, String key, Verdict otherwise) {
        return section.text(key)
                .map(text -> switch (text) {
                    case "allow" -> Verdict.ALLOW;
                    case "deny" -> Verdict.DENY;
                    default -> throw Section.wrong(section.name(key) + " has to be allow or deny, not '" + text + "'");
                })
                .orElse(otherwise);
    }

    private static URI apiServer(Section section, String text) {
        String hint = section.name("apiServer") + " has to be like https://10.0.0.1:6443, not '" + text + "'";
        try {
            URI uri = URI.create(text);
            if (!"https".equals(uri.getScheme())
                    || uri.getHost() == null
                    || !uri.getPath().isEmpty()) {
                throw Section.wrong(hint);
            }
            return uri;
        } catch (IllegalArgumentException e) {
            throw new Trouble(ExitCode.SETTINGS, hint, e);
        }
    }

    private static int port(Section section, String text) {
        String hint = section.name("port") + " has to be a port number, not '" + text + "'";
        try {
            int port = Integer.parseInt(text);
            if (port < 0 || port > LAST_PORT) {
                throw Section.wrong(hint);
            }
            return port;
        } catch (NumberFormatException e) {
            throw new Trouble(ExitCode.SETTINGS, hint, e);
        }
    }
}
