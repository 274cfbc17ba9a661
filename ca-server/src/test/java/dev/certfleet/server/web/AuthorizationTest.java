package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who may do what. */
class AuthorizationTest {
    private final TestServer server = TestServer.shared();

    @Test
    void refusesOperatorOfAnotherCluster() {
        String own = server.newCluster();
        String other = server.newCluster();
        TestClient operator = server.as(server.newOperator(own, "admin"));

        operator.get("/clusters/" + own).expect(200);
        for (String path : List.of("", "/authorities", "/trust-bundles", "/nodes", "/feed", "/enrolment-tokens")) {
            operator.get("/clusters/" + other + path).expectProblem(403, "not-permitted");
        }
        operator.post(
                        "/clusters/" + other + "/enrolment-tokens",
                        "{\"nodeNamePattern\": \"*\", \"roles\": [\"worker\"]}")
                .expectProblem(403, "not-permitted");
        operator.post(
                        "/clusters/" + other + "/certificates",
                        TestClient.certificateRequest("kubernetes-admin", null, TestIdentity.request()))
                .expectProblem(403, "not-permitted");
        operator.get("/certificates?cluster=" + other).expectProblem(403, "not-permitted");
        operator.get("/revocations?cluster=" + other).expectProblem(403, "not-permitted");
        operator.get("/audit-events?cluster=" + other).expectProblem(403, "not-permitted");
        operator.post("/clusters/" + other + "/nodes/worker-1/retire").expectProblem(403, "not-permitted");
    }

    @Test
    void saysTheSameOfClustersThatExistAndThatDoNot() {
        String own = server.newCluster();
        String other = server.newCluster();
        TestClient operator = server.as(server.newOperator(own, "admin"));

        String known = operator.get("/clusters/" + other).text();
        String unknown = operator.get("/clusters/no-such-cluster").text();

        assertThat(unknown).isEqualTo(known);
        server.admin().get("/clusters/no-such-cluster").expectProblem(404, "not-found");
    }

    @Test
    void saysTheSameOfCertificatesThatExistAndThatDoNot() {
        String own = server.newCluster();
        TestIdentity elsewhere = server.newNode(server.newCluster(), "worker-1");
        TestClient operator = server.as(server.newOperator(own, "admin"));
        String nobodys = "00".repeat(32);

        for (String path : List.of("/certificates/%s", "/certificates/%s/pem")) {
            assertThat(operator.get(path.replace("%s", elsewhere.id())).text())
                    .isEqualTo(operator.get(path.replace("%s", nobodys)).text());
        }
        operator.post("/revocations", "{\"certificate\": \"" + elsewhere.id() + "\", \"reason\": \"unspecified\"}")
                .expectProblem(403, "not-permitted");
        operator.post("/revocations", "{\"certificate\": \"" + nobodys + "\", \"reason\": \"unspecified\"}")
                .expectProblem(403, "not-permitted");
        server.admin().get("/certificates/" + nobodys).expectProblem(404, "not-found");
    }

    @Test
    void letsViewersReadAndNothingElse() {
        String cluster = server.newCluster();
        TestIdentity node = server.newNode(cluster, "worker-1");
        TestClient viewer = server.as(server.newOperator(cluster, "viewer"));

        viewer.get("/clusters/" + cluster + "/nodes/worker-1").expect(200);
        viewer.get("/certificates/" + node.id()).expect(200);
        viewer.post("/revocations", "{\"certificate\": \"" + node.id() + "\", \"reason\": \"unspecified\"}")
                .expectProblem(403, "not-permitted");
        viewer.post("/clusters/" + cluster + "/nodes/worker-1/retire").expectProblem(403, "not-permitted");
        viewer.get("/clusters/" + cluster + "/enrolment-tokens").expectProblem(403, "not-permitted");
        viewer.post("/clusters", "{\"name\": \"another\"}").expectProblem(403, "not-permitted");
        viewer.get("/operators").expectProblem(403, "not-permitted");
    }

    @Test
    void listsOnlyTheClustersThatTheOperatorHasAGrantFor() {
        String own = server.newCluster();
        server.newCluster();
        assertThat(server.as(server.newOperator(own, "viewer"))
                        .get("/clusters")
                        .expect(200)
                        .get("items"))
                .extracting(cluster -> cluster.get("name").asString())
                .containsExactly(own);
    }

    @Test
    void letsAdministratorsOfOneClusterChangeNothingOfTheInstallation() {
        String cluster = server.newCluster();
        TestClient operator = server.as(server.newOperator(cluster, "admin"));
        operator.post("/clusters", "{\"name\": \"another\"}").expectProblem(403, "not-permitted");
        operator.get("/operators").expectProblem(403, "not-permitted");
        operator.delete("/operators/admin").expectProblem(403, "not-permitted");
        operator.get("/certificates").expectProblem(403, "not-permitted");
        operator.get("/audit-events").expectProblem(403, "not-permitted");
        operator.get("/authorities/installation-1").expectProblem(403, "not-permitted");
    }

    @Test
    void letsNodesAskForThemselvesOnly() {
        String cluster = server.newCluster();
        String other = server.newCluster();
        TestIdentity node = server.newNode(cluster, "worker-1");
        TestIdentity neighbour = server.newNode(cluster, "worker-2");
        TestIdentity stranger = server.newNode(other, "worker-1");
        TestClient agent = server.as(node);

        agent.get("/clusters/" + cluster + "/trust-bundles").expect(200);
        agent.get("/clusters/" + cluster + "/feed").expect(200);
        agent.get("/certificates/" + neighbour.id()).expect(200);
        agent.post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kubelet-client", null, TestIdentity.request()))
                .expect(201);

        agent.get("/clusters/" + other + "/trust-bundles").expectProblem(403, "not-permitted");
        agent.get("/clusters/" + other + "/feed").expectProblem(403, "not-permitted");
        agent.get("/certificates/" + stranger.id()).expectProblem(404, "not-found");
        agent.post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kubelet-client", "worker-2", TestIdentity.request()))
                .expectProblem(403, "not-permitted");
        agent.post(
                        "/clusters/" + other + "/certificates",
                        TestClient.certificateRequest("kubelet-client", null, TestIdentity.request()))
                .expectProblem(403, "not-permitted");
        agent.post(
                        "/certificates/" + neighbour.id() + "/renew",
                        "{\"csr\": " + TestClient.quoted(TestIdentity.request().pem()) + "}")
                .expectProblem(403, "not-permitted");
        agent.get("/clusters").expectProblem(403, "not-permitted");
        agent.get("/clusters/" + cluster + "/nodes").expectProblem(403, "not-permitted");
        agent.get("/certificates?cluster=" + cluster).expectProblem(403, "not-permitted");
        agent.get("/operators").expectProblem(403, "not-permitted");
        agent.post("/revocations", "{\"certificate\": \"" + node.id() + "\", \"reason\": \"unspecified\"}")
                .expectProblem(403, "not-permitted");
    }

    @Test
    void refusesNodeAskingForAProfileOfAnotherRole() {
        String cluster = server.newCluster();
        TestClient worker = server.as(server.newNode(cluster, "worker-1"));
        for (String profile : List.of("kube-apiserver", "etcd-server", "kubernetes-admin", "operator", "server-tls")) {
            worker.post(
                            "/clusters/" + cluster + "/certificates",
                            TestClient.certificateRequest(profile, null, TestIdentity.request()))
                    .expectProblem(422, "request-refused");
        }
    }

    @Test
    void keepsWhatIsForAgentsFromOperators() {
        server.admin().get("/agent/assignment").expectProblem(403, "not-permitted");
        server.admin().post("/agent/alarms", "{}").expectProblem(403, "not-permitted");
    }
}
