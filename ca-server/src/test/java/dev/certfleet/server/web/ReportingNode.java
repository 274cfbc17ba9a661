package dev.certfleet.server.web;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.wire.HeldCertificate;
import dev.certfleet.pki.wire.LoadedBundle;
import dev.certfleet.pki.wire.NodeReport;
import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.security.cert.CertificateException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A node as its agent has it appear to the server: it holds what it is assigned, and reports what it publishes. */
final class ReportingNode {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String IDENTITY = "node-identity";

    final String cluster;
    final String name;
    private TestServer server;
    private final Map<String, String> held = new TreeMap<>();
    private final Map<String, String> answered = new TreeMap<>();
    private TestIdentity identity;

    /** Enrolled, with every certificate of its roles, and reported. */
    ReportingNode(TestServer server, String cluster, String name, String roles) {
        this.server = server;
        this.cluster = cluster;
        this.name = name;
        this.identity = server.newNode(cluster, name, roles);
        for (JsonNode certificate : assignment().get("certificates")) {
            issue(certificate.get("profile").asString());
        }
        report();
    }

    /** The same node, that speaks to this server from now on. */
    ReportingNode at(TestServer other) {
        server = other;
        return this;
    }

    TestClient agent() {
        return server.as(identity);
    }

    JsonNode assignment() {
        return agent().get("/agent/assignment").expect(200);
    }

    /** A certificate of a profile; what it is issued under. */
    String issue(String profile) {
        if (profile.equals(IDENTITY)) {
            return "";
        }
        JsonNode issued = agent().post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest(profile, null, TestIdentity.request()))
                .expect(201);
        held.put(profile, issued.get("id").asString());
        return issued.get("chain").asString();
    }

    /** The profiles whose renewal is demanded, and was not answered. */
    Set<String> demanded() {
        Map<String, String> demanded = new TreeMap<>();
        for (JsonNode certificate : assignment().get("certificates")) {
            String profile = certificate.get("profile").asString();
            if (certificate.has("renewBefore")
                    && !certificate.get("renewBefore").asString().equals(answered.get(profile))) {
                demanded.put(profile, certificate.get("renewBefore").asString());
            }
        }
        return demanded.keySet();
    }

    /** Renews what is demanded, as an agent does. */
    void renew() {
        for (JsonNode certificate : assignment().get("certificates")) {
            String profile = certificate.get("profile").asString();
            if (certificate.has("renewBefore")
                    && !certificate.get("renewBefore").asString().equals(answered.get(profile))) {
                answered.put(profile, certificate.get("renewBefore").asString());
                if (profile.equals(IDENTITY)) {
                    renewIdentity();
                } else {
                    issue(profile);
                }
            }
        }
    }

    private void renewIdentity() {
        TestIdentity.Request request = TestIdentity.request();
        JsonNode issued = agent().post(
                        "/certificates/" + identity.id() + "/renew",
                        "{\"csr\": " + TestClient.quoted(request.pem()) + "}")
                .expect(201);
        identity = request.issued(issued.get("certificate").asString());
        assignment();
    }

    /** All bundles as they are assigned, loaded. */
    void report() {
        report(null, "in-use");
    }

    /** The same, but for one bundle that waits for something. */
    void reportWaiting(String bundle) {
        report(bundle, "in-use");
    }

    void report(@Nullable String waiting, String state) {
        List<LoadedBundle> bundles = new ArrayList<>();
        assignment()
                .get("bundles")
                .propertyStream()
                .forEach(bundle -> bundles.add(new LoadedBundle(
                        bundle.getKey(),
                        fingerprints(bundle.getValue().asString()),
                        !bundle.getKey().equals(waiting),
                        bundle.getKey().equals(waiting) ? "restart of something" : null)));
        List<HeldCertificate> certificates = held.entrySet().stream()
                .map(one -> new HeldCertificate(one.getKey(), state, one.getValue(), null, null, null))
                .toList();
        agent().post(
                        "/agent/reports",
                        JSON.writeValueAsString(
                                new NodeReport("1", "2026-11-24T00:00:00Z", certificates, null, bundles)))
                .expect(204);
    }

    private static List<String> fingerprints(String pem) {
        try {
            return pem.isEmpty()
                    ? List.of()
                    : Certificates.parse(pem).stream()
                            .map(Certificates::fingerprint)
                            .toList();
        } catch (CertificateException e) {
            throw new IllegalStateException(e);
        }
    }
}
