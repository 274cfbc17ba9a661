package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import dev.certfleet.server.web.Doors.Door;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A revocation is for good, unless it is a hold; what was compromised stays so. */
class RevocationTest {
    private static final TestServer SERVER = TestServer.shared();
    private static final Doors DOORS = new Doors(SERVER);
    private static final TestClient ADMIN = DOORS.admin;

    @ParameterizedTest
    @EnumSource(RevocationReason.class)
    void showsTheReasonWhereverTheCertificateIsShown(RevocationReason reason) {
        String id = issue(TestIdentity.request()).get("id").asString();
        boolean hold = reason == RevocationReason.CERTIFICATE_HOLD;

        JsonNode revocation = revoke(id, reason.label()).expect(201);

        JsonNode shown = ADMIN.get("/certificates/" + id).expect(200);
        assertThat(shown.get("status").asString()).isEqualTo(hold ? "held" : "revoked");
        assertThat(shown.toString()).contains("\"" + reason.label() + "\"");
        assertThat(ADMIN.get("/revocations?certificate=" + id)
                        .expect(200)
                        .get("items")
                        .valueStream()
                        .map(RevocationTest::withoutReceipt))
                .containsExactly(withoutReceipt(revocation));
        List<JsonNode> events = events("certificate-revoked", id);
        assertThat(events).hasSize(1);
        assertThat(events.get(0).get("detail").get("reason").asString()).isEqualTo(reason.label());
        assertThat(feed(id)).containsExactly("issued", "revoked " + reason.label());
    }

    @ParameterizedTest
    @EnumSource(value = RevocationReason.class, mode = EnumSource.Mode.EXCLUDE, names = "CERTIFICATE_HOLD")
    void staysAsItWasFirstRevokedAndIsNeverReleased(RevocationReason reason) {
        String id = issue(TestIdentity.request()).get("id").asString();
        JsonNode first = revoke(id, reason.label()).expect(201);
        OnRecord before = OnRecord.of(SERVER);

        for (String again : List.of(reason.label(), "certificateHold", "keyCompromise", "superseded")) {
            assertThat(withoutReceipt(revoke(id, again).expect(201))).isEqualTo(withoutReceipt(first));
        }
        ADMIN.post("/revocations/" + first.get("id").asString() + "/release").expectProblem(409, "not-a-hold");

        before.assertUnchanged(SERVER);
    }

    @Test
    void holdsAreReleasedOnceAndEndWhenRevokedForGood() {
        String id = issue(TestIdentity.request()).get("id").asString();
        String first = revoke(id, "certificateHold").expect(201).get("id").asString();
        assertThat(revoke(id, "certificateHold").expect(201).get("id").asString())
                .isEqualTo(first);
        ADMIN.post("/revocations/" + first + "/release").expect(200);
        ADMIN.post("/revocations/" + first + "/release").expectProblem(409, "not-a-hold");
        String second = revoke(id, "certificateHold").expect(201).get("id").asString();
        revoke(id, "keyCompromise").expect(201);
        OnRecord before = OnRecord.of(SERVER);

        ADMIN.post("/revocations/" + first + "/release").expectProblem(409, "not-a-hold");
        ADMIN.post("/revocations/" + second + "/release").expectProblem(409, "not-a-hold");

        before.assertUnchanged(SERVER);
        assertThat(feed(id))
                .containsExactly(
                        "issued",
                        "revoked certificateHold",
                        "released",
                        "revoked certificateHold",
                        "revoked keyCompromise");
        assertThat(events("hold-released", id)).hasSize(1);
        assertThat(ADMIN.get("/certificates/" + id).expect(200).get("status").asString())
                .isEqualTo("revoked");
    }

    @ParameterizedTest
    @ValueSource(strings = {"removeFromCRL", "KeyCompromise", "keycompromise", "1", "", "because"})
    void refusesReasonsThatAreNone(String reason) {
        String id = issue(TestIdentity.request()).get("id").asString();
        OnRecord before = OnRecord.of(SERVER);

        revoke(id, reason).expectViolation("reason");

        before.assertUnchanged(SERVER);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1000000000-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2999-01-01T00:00:00Z"})
    void refusesInvalidityDatesThatCannotBe(String date) {
        String id = issue(TestIdentity.request()).get("id").asString();
        OnRecord before = OnRecord.of(SERVER);

        ADMIN.post(
                        "/revocations",
                        "{\"certificate\": \"" + id + "\", \"reason\": \"keyCompromise\", \"invalidityDate\": \"" + date
                                + "\"}")
                .expectViolation("invalidity-date");

        before.assertUnchanged(SERVER);
    }

    @Test
    void refusesCommentsWithoutEnd() {
        String id = issue(TestIdentity.request()).get("id").asString();
        OnRecord before = OnRecord.of(SERVER);

        ADMIN.post(
                        "/revocations",
                        "{\"certificate\": \"" + id + "\", \"reason\": \"superseded\", \"comment\": \""
                                + "x".repeat(1001) + "\"}")
                .expectViolation("comment");

        before.assertUnchanged(SERVER);
    }

    @ParameterizedTest
    @EnumSource(Door.class)
    void neverCertifiesACompromisedKeyAgain(Door door) {
        TestIdentity.Request request = TestIdentity.request();
        String id = issue(request).get("id").asString();
        revoke(id, "keyCompromise").expect(201);
        OnRecord before = OnRecord.of(SERVER);

        DOORS.ask(door, request.pem()).expectViolation("compromised-key");

        if (door == Door.ENROLMENT) {
            before.assertOnlyAudited(SERVER);
        } else {
            before.assertUnchanged(SERVER);
        }
    }

    @Test
    void certifiesAKeyAgainThatWasRevokedForAnotherReason() {
        TestIdentity.Request request = TestIdentity.request();
        revoke(issue(request).get("id").asString(), "superseded").expect(201);
        issue(request);
    }

    /** The receipt fills in meanwhile. */
    private static JsonNode withoutReceipt(JsonNode revocation) {
        return ((ObjectNode) revocation.deepCopy()).without("receipt");
    }

    private static JsonNode issue(TestIdentity.Request request) {
        return DOORS.ask(Door.CLUSTER_CERTIFICATE, request.pem()).expect(201);
    }

    private static TestClient.Answer revoke(String id, String reason) {
        return ADMIN.post("/revocations", "{\"certificate\": \"" + id + "\", \"reason\": \"" + reason + "\"}");
    }

    private static List<JsonNode> events(String type, String id) {
        return ADMIN.get("/audit-events?limit=1000&cluster=" + DOORS.cluster + "&type=" + type)
                .expect(200)
                .get("items")
                .valueStream()
                .filter(event -> event.get("detail").get("id").asString().equals(id))
                .toList();
    }

    /** What nodes are told of a certificate. */
    private static List<String> feed(String id) {
        JsonNode entries = ADMIN.get("/clusters/" + DOORS.cluster + "/feed?limit=1000&after=0")
                .expect(200)
                .get("entries");
        return entries.valueStream()
                .filter(entry -> entry.get("id").asString().equals(id))
                .map(entry -> entry.get("kind").asString()
                        + (entry.has("reason") ? " " + entry.get("reason").asString() : ""))
                .toList();
    }
}
