package dev.certfleet.server.web;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import tools.jackson.databind.JsonNode;

/** Every way in which a request for a certificate comes in, each with somebody who may use it. */
final class Doors {
    enum Door {
        /** The identity of the node {@code fresh-1}, on a token. */
        ENROLMENT,
        /** The agent of {@code worker-1} renews its identity. */
        IDENTITY_RENEWAL,
        /** It asks for its kubelet's serving certificate. */
        NODE_CERTIFICATE,
        /** An administrator asks for a Kubernetes admin's. */
        CLUSTER_CERTIFICATE,
        /** An administrator makes another operator. */
        OPERATOR,
        /** An operator renews their own certificate. */
        OPERATOR_RENEWAL
    }

    final TestServer server;
    final TestClient admin;
    final String cluster;
    final String endpoint;
    final TestIdentity node;
    private final TestClient agent;
    private final TestIdentity operator;
    private final TestClient asOperator;
    private final String token;

    /** With the nodes {@code worker-1}, at 192.0.2.10, and {@code worker-2}, at 192.0.2.20. */
    Doors(TestServer server) {
        this.server = server;
        admin = server.admin();
        cluster = TestServer.fresh("doors");
        endpoint = "api." + cluster + ".example.org";
        admin.post(
                        "/clusters",
                        "{\"name\": \"" + cluster + "\", \"controlPlaneEndpoint\": \"" + endpoint
                                + ":6443\", \"extraNames\": [\"203.0.113.7\"]}")
                .expect(201);
        node = server.newNode(cluster, "worker-1");
        agent = server.as(node);
        agent.get("/agent/assignment").expect(200);
        server.anonymous()
                .post(
                        "/enrolments",
                        TestServer.enrolment(
                                        server.newToken(cluster, "worker-2", "[\"worker\"]", 1),
                                        "worker-2",
                                        TestIdentity.request())
                                .replace("192.0.2.10", "192.0.2.20"))
                .expect(201);
        operator = server.newOperator(cluster, "admin");
        asOperator = server.as(operator);
        token = server.newToken(cluster, "*", "[\"worker\"]", 1);
    }

    TestClient.Answer ask(Door door, String csr) {
        String quoted = TestClient.quoted(csr);
        return switch (door) {
            case ENROLMENT -> enrol("fresh-1", "192.0.2.30", csr);
            case IDENTITY_RENEWAL -> agent.post("/certificates/" + node.id() + "/renew", "{\"csr\": " + quoted + "}");
            case NODE_CERTIFICATE ->
                agent.post(
                        "/clusters/" + cluster + "/certificates",
                        "{\"profile\": \"kubelet-serving\", \"csr\": " + quoted + "}");
            case CLUSTER_CERTIFICATE ->
                admin.post(
                        "/clusters/" + cluster + "/certificates",
                        "{\"profile\": \"kubernetes-admin\", \"csr\": " + quoted + "}");
            case OPERATOR ->
                admin.post(
                        "/operators",
                        "{\"name\": \"" + TestServer.fresh("never")
                                + "\", \"grants\": [{\"cluster\": \"*\", \"role\": \"viewer\"}], \"csr\": " + quoted
                                + "}");
            case OPERATOR_RENEWAL ->
                asOperator.post("/operators/" + operator.name() + "/renew", "{\"csr\": " + quoted + "}");
        };
    }

    /** Asks for an identity on a token that fits every name and is good for one worker. */
    TestClient.Answer enrol(String name, String address, String csr) {
        return agent.post(
                "/enrolments",
                "{\"token\": \"" + token + "\", \"nodeName\": " + TestClient.quoted(name)
                        + ", \"roles\": [], \"addresses\": [\"" + address + "\"], \"csr\": " + TestClient.quoted(csr)
                        + "}");
    }

    /** Why the cluster's last refused enrolment was refused, as the audit log has it. */
    String lastRefusal() {
        JsonNode events = admin.get("/audit-events?limit=1000&type=enrolment-refused&cluster=" + cluster)
                .expect(200)
                .get("items");
        return events.get(events.size() - 1).get("detail").get("why").asString();
    }
}
