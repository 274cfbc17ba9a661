package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import dev.certfleet.server.rotation.AdvanceRotations;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/** From one generation of a cluster's authority to the next, step by step; what moves by itself is moved by hand. */
class RotationTest {
    private static final String CONTROL_PLANE = "[\"control-plane\", \"etcd\"]";

    private static final Map<String, String> OF_ANOTHER_KIND = Map.of(
            "kubernetes", "etcd-peer", "etcd", "kube-apiserver", "front-proxy", "etcd-peer", "agents", "etcd-peer");

    private final Rotating rotating = Rotating.shared();
    private final TestServer server = rotating.server();
    private final TestClient admin = server.admin();
    private final String cluster = server.newCluster();
    private final String path = "/clusters/" + cluster + "/rotations";
    private final ReportingNode controlPlane = new ReportingNode(server, cluster, "cp-1", CONTROL_PLANE);
    private final ReportingNode worker = new ReportingNode(server, cluster, "worker-1", "[\"worker\"]");

    @ParameterizedTest
    @CsvSource({
        "kubernetes, kube-apiserver",
        "etcd, etcd-server",
        "front-proxy, front-proxy-client",
        "agents, revocation-gate"
    })
    void replacesAnAuthority(String kind, String profile) {
        String old = certificate(kind + "-1");
        JsonNode started = admin.post(path, "{\"kind\": \"" + kind + "\"}").expect(201);
        String id = started.get("id").asString();

        // Trusted, and does not issue
        assertThat(started.get("step").asString()).isEqualTo("loading");
        assertThat(started.get("outgoing").asString()).isEqualTo(cluster + "-" + kind + "-1");
        assertThat(started.get("incoming").asString()).isEqualTo(cluster + "-" + kind + "-2");
        assertThat(state(kind + "-2")).isEqualTo("incoming");
        String next = certificate(kind + "-2");
        assertThat(bundle(kind)).isEqualTo(old + next);
        assertThat(controlPlane.issue(profile)).isEqualTo(old);
        rotating.turn();
        JsonNode loading = get(id);
        assertThat(loading.get("step").asString()).isEqualTo("loading");
        assertThat(loading.get("waitingFor")).isNotEmpty().allSatisfy(node -> {
            assertThat(node.get("why").asString()).isEqualTo("has not published the new authority yet");
            assertThat(node.has("lastSeenAt")).isTrue();
        });
        assertThat(loading.get("waits").asInt())
                .isEqualTo(loading.get("waitingFor").size());

        // Issues when every node has loaded it
        controlPlane.report();
        worker.report();
        rotating.turn();
        assertThat(get(id).get("step").asString()).isEqualTo("renewing");
        assertThat(state(kind + "-1")).isEqualTo("retired");
        assertThat(state(kind + "-2")).isEqualTo("active");
        assertThat(bundle(kind)).isEqualTo(old + next);
        assertThat(controlPlane.demanded()).contains(profile).doesNotContain(OF_ANOTHER_KIND.get(kind));
        rotating.turn();
        JsonNode renewing = get(id);
        assertThat(renewing.get("step").asString()).isEqualTo("renewing");
        assertThat(renewing.get("waits").asInt()).isPositive();
        assertThat(renewing.get("remaining"))
                .extracting(certificate -> certificate.get("authority").asString())
                .containsOnly(cluster + "-" + kind + "-1");

        // The old one leaves when nothing shows a certificate of it
        controlPlane.renew();
        worker.renew();
        assertThat(controlPlane.issue(profile)).isEqualTo(next);
        rotating.turn();
        assertThat(get(id).get("step").asString())
                .as("issued, and not reported as in use")
                .isEqualTo("renewing");
        controlPlane.report();
        worker.report();
        rotating.turn();
        JsonNode unloading = get(id);
        assertThat(unloading.get("step").asString()).as(unloading.toString()).isEqualTo("unloading");
        assertThat(state(kind + "-1")).isEqualTo("withdrawn");
        assertThat(bundle(kind)).isEqualTo(next);
        rotating.turn();
        assertThat(get(id).get("waitingFor"))
                .extracting(node -> node.get("why").asString())
                .containsOnly("has the old authority in its file");

        // Done when no node trusts it
        controlPlane.report();
        worker.report();
        rotating.turn();
        JsonNode done = get(id);
        assertThat(done.get("step").asString()).isEqualTo("done");
        assertThat(done.has("endedAt")).isTrue();
        assertThat(steps()).containsExactly("renewing", "unloading", "done");
        assertThat(admin.get(path).expect(200).get("items").get(0).get("id").asString())
                .isEqualTo(id);
    }

    @Test
    void waitsForBreakGlassCertificatesToEnd() {
        issue("kubernetes-super-admin");
        String id = start("break-glass");
        rotating.turn();
        rotating.turn();
        JsonNode renewing = get(id);
        assertThat(renewing.get("step").asString()).isEqualTo("renewing");
        assertThat(renewing.get("remaining"))
                .extracting(certificate -> certificate.get("profile").asString())
                .containsExactly("kubernetes-super-admin");
        assertThat(bundle("clients"))
                .contains(certificate("break-glass-1"))
                .doesNotContain(certificate("break-glass-2"));

        force(id, "renewing").expect(200);

        assertThat(bundle("clients")).doesNotContain(certificate("break-glass-1"));
        controlPlane.report();
        worker.report();
        rotating.turn();
        assertThat(get(id).get("step").asString()).isEqualTo("done");
        issue("kubernetes-super-admin");
        assertThat(bundle("clients")).contains(certificate("break-glass-2"));
    }

    @Test
    void waitsForUsersCertificatesAndSaysWhich() {
        issue("kubernetes-admin");
        String id = start("kubernetes");
        throughRenewal();
        JsonNode renewing = get(id);
        assertThat(renewing.get("step").asString()).isEqualTo("renewing");
        assertThat(renewing.get("remaining"))
                .extracting(certificate -> certificate.get("profile").asString())
                .containsExactly("kubernetes-admin");
        assertThat(renewing.get("waits").asInt()).isOne();

        admin.post(
                        "/revocations",
                        "{\"certificate\": " + renewing.get("remaining").get(0).get("id")
                                + ", \"reason\": \"superseded\"}")
                .expect(201);
        rotating.turn();
        assertThat(get(id).get("step").asString()).isEqualTo("unloading");
    }

    @Test
    void saysWhatANodeWaitsForAndLetsAnOperatorLeaveItOut() {
        server.newNode(cluster, "away", "[\"worker\"]");
        String id = start("kubernetes");
        controlPlane.reportWaiting("kubernetes");
        worker.report();
        rotating.turn();
        JsonNode loading = get(id);
        assertThat(loading.get("waitingFor"))
                .extracting(node -> node.get("node").asString() + " "
                        + node.get("bundle").asString() + ": " + node.get("why").asString())
                .containsExactlyInAnyOrder(
                        "away kubernetes: has never reported",
                        "away clients: has never reported",
                        "cp-1 kubernetes: restart of something");

        controlPlane.report();
        rotating.turn();
        assertThat(get(id).get("step").asString()).isEqualTo("loading");
        JsonNode leftOut = admin.post(path + "/" + id + "/skip-node", "{\"node\": \"away\"}")
                .expect(200);
        assertThat(leftOut.get("leftOut").get(0).asString()).isEqualTo(cluster + "/away");
        rotating.turn();
        throughRenewal();
        controlPlane.report();
        worker.report();
        rotating.turn();
        assertThat(get(id).get("step").asString()).isEqualTo("done");
    }

    @Test
    void waitsUntilWhatWasPublishedIsInUse() {
        String id = start("front-proxy");
        controlPlane.report();
        rotating.turn();
        controlPlane.renew();
        controlPlane.report(null, "published");
        rotating.turn();
        assertThat(get(id).get("step").asString()).isEqualTo("renewing");
        controlPlane.report();
        rotating.turn();
        assertThat(get(id).get("step").asString()).isEqualTo("unloading");
    }

    @Test
    void takesTheNewAuthorityAwayAgainUntilItIssues() {
        String id = start("etcd");
        JsonNode aborted = abort(id).expect(200);
        assertThat(aborted.get("step").asString()).isEqualTo("aborted");
        assertThat(state("etcd-2")).isEqualTo("withdrawn");
        assertThat(bundle("etcd")).isEqualTo(certificate("etcd-1"));
        assertThat(abort(id).expect(200)).isEqualTo(aborted);

        String second = start("etcd");
        assertThat(get(second).get("incoming").asString()).isEqualTo(cluster + "-etcd-3");
        controlPlane.report();
        rotating.turn();
        abort(second).expectProblem(409, "rotation-step");
        throughRenewal();
        abort(second).expectProblem(409, "rotation-step");
        controlPlane.report();
        rotating.turn();
        abort(second).expectProblem(409, "rotation-step");
        assertThat(get(second).get("step").asString()).isEqualTo("done");
    }

    @Test
    void rotatesAKindOnceAtATime() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Integer>> same = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                same.add(() -> admin.post(path, "{\"kind\": \"etcd\"}").status());
            }
            List<Integer> statuses = new ArrayList<>();
            for (Future<Integer> one : threads.invokeAll(same)) {
                statuses.add(one.get());
            }
            assertThat(statuses).containsExactlyInAnyOrder(201, 409, 409, 409);
        }
        admin.post(path, "{\"kind\": \"etcd\"}").expectProblem(409, "rotation-under-way");
        start("front-proxy");
    }

    @Test
    void isBeforeAStepOrAfterItWhateverHappensInBetween() {
        String id = start("front-proxy");
        controlPlane.report();
        failsWhole(id, "loading", "front-proxy-2", "incoming");
        rotating.turn();
        controlPlane.renew();
        controlPlane.report();
        failsWhole(id, "renewing", "front-proxy-1", "retired");
        rotating.turn();
        controlPlane.report();
        failsWhole(id, "unloading", "front-proxy-1", "withdrawn");
        rotating.turn();
        assertThat(get(id).get("step").asString()).isEqualTo("done");
        assertThat(steps()).containsExactly("renewing", "unloading", "done");
    }

    /** The last thing that a step writes is its event: what comes before must not stay without it. */
    private void failsWhole(String id, String step, String authority, String state) {
        JdbcClient database = server.bean(JdbcClient.class);
        database.sql("CREATE FUNCTION break_" + step + "() RETURNS trigger LANGUAGE plpgsql AS"
                        + " $$ BEGIN RAISE EXCEPTION 'killed here'; END $$")
                .update();
        database.sql("CREATE TRIGGER broken BEFORE INSERT ON audit_event FOR EACH ROW"
                        + " WHEN (NEW.type = 'rotation-advanced') EXECUTE FUNCTION break_" + step + "()")
                .update();
        try {
            Set<String> demanded = controlPlane.demanded();
            assertThatThrownBy(rotating::turn).hasMessageContaining("killed here");
            assertThat(get(id).get("step").asString()).isEqualTo(step);
            assertThat(state(authority)).isEqualTo(state);
            assertThat(controlPlane.demanded()).isEqualTo(demanded);
        } finally {
            database.sql("DROP TRIGGER broken ON audit_event").update();
            database.sql("DROP FUNCTION break_" + step + "()").update();
        }
    }

    @Test
    void takesEachStepOnceHoweverManyServersTry() throws Exception {
        String id = start("etcd");
        for (String step : List.of("renewing", "unloading", "done")) {
            controlPlane.renew();
            controlPlane.report();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Callable<Boolean>> turns = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    turns.add(() -> {
                        server.bean(AdvanceRotations.class).all();
                        return true;
                    });
                }
                for (Future<Boolean> turn : threads.invokeAll(turns)) {
                    turn.get();
                }
            }
            assertThat(get(id).get("step").asString()).isEqualTo(step);
        }
        assertThat(steps()).containsExactly("renewing", "unloading", "done");
    }

    @Test
    void followsWhereARevocationWithdrawsWhatItIsAbout() {
        String id = start("front-proxy");
        JsonNode shown = admin.get("/certificates?cluster=" + cluster + "&profile=front-proxy-client")
                .expect(200)
                .get("items")
                .get(0);
        revoke(shown.get("id").asString());
        assertThat(state("front-proxy-1")).isEqualTo("withdrawn");
        assertThat(state("front-proxy-2")).isEqualTo("active");
        rotating.turn();
        assertThat(get(id).get("step").asString()).isEqualTo("renewing");

        controlPlane.renew();
        revoke(admin.get("/certificates?cluster=" + cluster + "&profile=front-proxy-client&status=good")
                .expect(200)
                .get("items")
                .get(0)
                .get("id")
                .asString());
        assertThat(state("front-proxy-3")).isEqualTo("active");
        controlPlane.renew();
        controlPlane.report();
        rotating.turn();
        assertThat(get(id).get("incoming").asString()).isEqualTo(cluster + "-front-proxy-3");
        assertThat(state("front-proxy-3")).isEqualTo("active");
        assertThat(bundle("front-proxy")).isEqualTo(certificate("front-proxy-3"));
    }

    @Test
    void makesAKeyOfTheAlgorithmThatIsAskedFor() {
        admin.post(path, "{\"kind\": \"etcd\", \"keyAlgorithm\": \"p384\"}").expect(201);
        assertThat(admin.get("/authorities/" + cluster + "-etcd-2")
                        .expect(200)
                        .get("keyAlgorithm")
                        .asString())
                .isEqualTo("p384");
    }

    @Test
    void refusesWhatMakesNoSense() {
        admin.post(path, "{\"kind\": \"dns\"}").expectViolation("kind");
        admin.post(path, "{\"kind\": \"installation\"}").expectViolation("kind");
        admin.post("/rotations", "{\"kind\": \"etcd\"}").expectViolation("kind");
        admin.post(path, "{\"kind\": \"etcd\", \"keyAlgorithm\": \"rsa512\"}").expectViolation("key-algorithm");
        admin.post(path, "{\"kind\": \"etcd\", \"issuer\": \"me\"}").expectViolation("issuer");
        admin.post(path, "{\"kind\": \"etcd\", \"anchor\": \"root\"}").expectViolation("anchor");
        admin.post(path, "{\"kind\": \"etcd\", \"issuer\": \"external\", \"anchor\": \"x\"}")
                .expectViolation("anchor");
        admin.post("/clusters/nowhere/rotations", "{\"kind\": \"etcd\"}").expectProblem(404, "not-found");
        admin.get(path + "/not-an-id").expectProblem(404, "not-found");
        assertThat(admin.get(path).expect(200).get("items")).isEmpty();

        String id = start("etcd");
        admin.get("/clusters/" + server.newCluster() + "/rotations/" + id).expectProblem(404, "not-found");
        admin.get("/rotations/" + id).expectProblem(404, "not-found");
        admin.post(path + "/" + id + "/skip-node", "{\"node\": \"nobody\"}").expectProblem(404, "not-found");
        admin.get(path + "/" + id + "/request").expectProblem(404, "not-found");
        force(id, "loading").expectProblem(409, "rotation-step");
        force(id, "renewing").expectProblem(409, "rotation-step");
        admin.post(path + "/" + id + "/certificate", "{\"certificate\": \"none\"}")
                .expectViolation("pem");
    }

    private void throughRenewal() {
        controlPlane.report();
        worker.report();
        rotating.turn();
        controlPlane.renew();
        worker.renew();
        controlPlane.report();
        worker.report();
        rotating.turn();
    }

    private String start(String kind) {
        return admin.post(path, "{\"kind\": \"" + kind + "\"}")
                .expect(201)
                .get("id")
                .asString();
    }

    private JsonNode get(String id) {
        return admin.get(path + "/" + id).expect(200);
    }

    private TestClient.Answer abort(String id) {
        return admin.post(path + "/" + id + "/abort");
    }

    private TestClient.Answer force(String id, @Nullable String step) {
        return admin.post(path + "/" + id + "/force", "{\"step\": \"" + step + "\"}");
    }

    private List<String> steps() {
        return admin.get("/audit-events?type=rotation-advanced&cluster=" + cluster)
                .expect(200)
                .get("items")
                .valueStream()
                .map(event -> event.get("detail").get("step").asString())
                .toList();
    }

    private void issue(String profile) {
        admin.post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest(profile, null, TestIdentity.request()))
                .expect(201);
    }

    private void revoke(String id) {
        admin.post("/revocations", "{\"certificate\": \"" + id + "\", \"reason\": \"keyCompromise\"}")
                .expect(201);
    }

    private JsonNode authority(String name) {
        return admin.get("/authorities/" + cluster + "-" + name).expect(200);
    }

    private String state(String name) {
        return authority(name).get("state").asString();
    }

    private String certificate(String name) {
        return authority(name).get("certificate").asString();
    }

    private String bundle(String name) {
        return admin.get("/clusters/" + cluster + "/trust-bundles")
                .expect(200)
                .get("bundles")
                .get(name)
                .asString();
    }
}
