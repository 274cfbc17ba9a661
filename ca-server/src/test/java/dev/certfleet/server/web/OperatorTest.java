package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The life of an operator. */
class OperatorTest {
    private final TestServer server = TestServer.shared();
    private final TestClient admin = server.admin();

    @Test
    void listsOperatorsWithTheirGrants() {
        TestIdentity operator = server.newOperator("*", "viewer");
        JsonNode items = admin.get("/operators?limit=1000").expect(200).get("items");
        assertThat(items)
                .filteredOn(item -> item.get("name").asString().equals(operator.name()))
                .singleElement()
                .extracting(item -> item.get("grants").toString())
                .isEqualTo("[{\"cluster\":\"*\",\"role\":\"viewer\"}]");
    }

    @Test
    void revokesEveryCertificateOfARemovedOperator() {
        TestIdentity operator = server.newOperator("*", "viewer");
        TestIdentity renewed = renew(operator);

        admin.delete("/operators/" + operator.name()).expect(204);

        server.as(operator).get("/clusters").expectProblem(401, "certificate-revoked");
        server.as(renewed).get("/clusters").expectProblem(401, "certificate-revoked");
        admin.delete("/operators/" + operator.name()).expectProblem(404, "not-found");
        assertThat(admin.get("/certificates?operator=" + operator.name() + "&status=revoked")
                        .expect(200)
                        .get("items"))
                .hasSize(2);
    }

    @Test
    void doesNotGiveTheNameOfARemovedOperatorAgain() {
        TestIdentity operator = server.newOperator("*", "viewer");
        admin.delete("/operators/" + operator.name()).expect(204);
        create(operator.name(), "[{\"cluster\": \"*\", \"role\": \"viewer\"}]").expectProblem(409, "already-exists");
    }

    @Test
    void renewsOwnCredentialOnly() {
        TestIdentity operator = server.newOperator("*", "admin");
        TestIdentity renewed = renew(operator);
        server.as(renewed).get("/clusters").expect(200);
        server.as(operator)
                .post(
                        "/operators/admin/renew",
                        "{\"csr\": " + TestClient.quoted(TestIdentity.request().pem()) + "}")
                .expectProblem(403, "not-permitted");
        admin.delete("/operators/" + operator.name()).expect(204);
    }

    @Test
    void refusesToRemoveTheLastAdministrator() {
        admin.get("/operators?limit=1000").expect(200).get("items").forEach(item -> {
            if (!item.get("name").asString().equals("admin")
                    && item.get("grants").toString().contains("admin")) {
                admin.delete("/operators/" + item.get("name").asString()).expect(204);
            }
        });
        admin.delete("/operators/admin").expectProblem(409, "last-administrator");
        server.admin().get("/clusters").expect(200);
    }

    @Test
    void refusesOperatorsThatCannotBe() {
        create("Not A Name", "[{\"cluster\": \"*\", \"role\": \"viewer\"}]").expectProblem(422, "request-refused");
        create("nobody", "[]").expectProblem(422, "request-refused");
        create("nobody", "[{\"cluster\": \"no-such-cluster\", \"role\": \"viewer\"}]")
                .expectProblem(422, "request-refused");
        admin.post(
                        "/operators",
                        "{\"name\": \"nobody\", \"grants\": [{\"cluster\": \"*\", \"role\": \"viewer\"}], \"csr\": \"x\"}")
                .expectProblem(422, "request-refused");
    }

    private TestClient.Answer create(String name, String grants) {
        return admin.post(
                "/operators",
                "{\"name\": \"" + name + "\", \"grants\": " + grants + ", \"csr\": "
                        + TestClient.quoted(TestIdentity.request().pem()) + "}");
    }

    private TestIdentity renew(TestIdentity operator) {
        TestIdentity.Request request = TestIdentity.request();
        JsonNode issued = server.as(operator)
                .post("/operators/" + operator.name() + "/renew", "{\"csr\": " + TestClient.quoted(request.pem()) + "}")
                .expect(201);
        return request.issued(issued.get("certificate").asString());
    }
}
