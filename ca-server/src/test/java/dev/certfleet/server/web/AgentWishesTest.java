package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.NodeRole;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** An agent gets what its node's roles give, for its own node, and nothing else. */
class AgentWishesTest {
    private static final TestServer SERVER = TestServer.shared();
    private static final String CLUSTER = SERVER.newCluster();
    private static final String OTHER = SERVER.newCluster();
    private static final Map<NodeRole, TestClient> AGENTS = new TreeMap<>();
    private static final TestIdentity NEIGHBOUR = SERVER.newNode(CLUSTER, "neighbour", "[\"control-plane\", \"etcd\"]");
    private static final TestIdentity STRANGER = SERVER.newNode(OTHER, "worker");
    private static final String ADMINS = SERVER.admin()
            .post(
                    "/clusters/" + CLUSTER + "/certificates",
                    TestClient.certificateRequest("kubernetes-admin", null, TestIdentity.request()))
            .expect(201)
            .get("id")
            .asString();

    static {
        for (NodeRole role : NodeRole.values()) {
            AGENTS.put(role, SERVER.as(SERVER.newNode(CLUSTER, role.label(), "[\"" + role.label() + "\"]")));
        }
        AGENTS.values().forEach(agent -> agent.get("/agent/assignment").expect(200));
    }

    @SuppressWarnings("NullAway.Init")
    private OnRecord before;

    @BeforeEach
    void remember() {
        before = OnRecord.of(SERVER);
    }

    @AfterEach
    void changesNothing() {
        before.assertUnchanged(SERVER);
    }

    static Stream<Arguments> foreignProfiles() {
        return Stream.of(NodeRole.values())
                .flatMap(role -> Stream.of(ProfileName.values())
                        .filter(profile -> !profile.roles().contains(role))
                        .map(profile -> Arguments.of(role, profile)));
    }

    @ParameterizedTest
    @MethodSource("foreignProfiles")
    void refusesProfileThatTheNodesRolesDoNotGive(NodeRole role, ProfileName profile) {
        String rule = profile.isByCsr()
                ? "profile-by-csr"
                : switch (profile.holder()) {
                    case NODE ->
                        profile == ProfileName.NODE_IDENTITY ? "profile-not-on-request" : "profile-not-of-role";
                    case CLUSTER -> "node-not-expected";
                    case INSTALLATION -> "profile-not-of-cluster";
                };
        ask(agent(role), CLUSTER, profile.label(), null).expectViolation(rule);
        ask(agent(role), CLUSTER, profile.label(), role.label()).expectViolation(rule);
    }

    @ParameterizedTest
    @MethodSource("profiles")
    void refusesCertificateOfAnotherNodeWhateverItIs(ProfileName profile) {
        TestClient worker = agent(NodeRole.WORKER);
        ask(worker, CLUSTER, profile.label(), "neighbour").expectProblem(403, "not-permitted");
        ask(worker, CLUSTER, profile.label(), "no-such-node").expectProblem(403, "not-permitted");
        ask(worker, CLUSTER, profile.label(), "").expectProblem(403, "not-permitted");
        ask(worker, OTHER, profile.label(), null).expectProblem(403, "not-permitted");
        ask(worker, OTHER, profile.label(), "worker").expectProblem(403, "not-permitted");
        ask(worker, "no-such-cluster", profile.label(), null).expectProblem(403, "not-permitted");
    }

    static Stream<ProfileName> profiles() {
        return Stream.of(ProfileName.values());
    }

    @Test
    void refusesRenewalOfWhatAnotherHolds() {
        TestClient worker = agent(NodeRole.WORKER);
        renew(worker, NEIGHBOUR.id()).expectProblem(403, "not-permitted");
        renew(worker, ADMINS).expectProblem(403, "not-permitted");
        renew(worker, STRANGER.id()).expectProblem(404, "not-found");
        TestClient.Answer operators = renew(
                worker,
                TestIdentity.read(SERVER.data().resolve("operator-admin.pem")).id());
        operators.expectProblem(404, "not-found");
        assertThat(operators.text()).isEqualTo(renew(worker, "00".repeat(32)).text());
    }

    @Test
    void refusesAllThatIsForOperators() {
        Inhabited inhabited = new Inhabited(SERVER);
        before = OnRecord.of(SERVER);
        TestClient worker = agent(NodeRole.WORKER);
        Route.changing(SERVER)
                .filter(route -> !route.path().startsWith("/agent/")
                        && !route.path().startsWith("/enrolments")
                        && !route.path().startsWith("/comebacks"))
                .forEach(route -> {
                    String path = inhabited.path(route);
                    String body = inhabited.body(route);
                    TestClient.Answer answer = route.send(worker, path, body);
                    boolean hidden = route.path().equals("/certificates/{id}/renew");
                    answer.expectProblem(hidden ? 404 : 403, hidden ? "not-found" : "not-permitted");
                });
    }

    private static TestClient agent(NodeRole role) {
        return java.util.Objects.requireNonNull(AGENTS.get(role));
    }

    private static TestClient.Answer ask(TestClient agent, String cluster, String profile, @Nullable String node) {
        return agent.post(
                "/clusters/" + cluster + "/certificates",
                TestClient.certificateRequest(profile, node, TestIdentity.request()));
    }

    private static TestClient.Answer renew(TestClient agent, String id) {
        return agent.post(
                "/certificates/" + id + "/renew",
                "{\"csr\": " + TestClient.quoted(TestIdentity.request().pem()) + "}");
    }
}
