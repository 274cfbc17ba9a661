package dev.certfleet.server.recovery;

import dev.certfleet.server.TestClient;
import dev.certfleet.server.TestDatabase;
import dev.certfleet.server.TestIdentity;
import dev.certfleet.server.TestServer;
import java.io.IOException;
import java.nio.file.Path;

/**
 * An installation of two servers and a backup of its database. After the backup a key was reported that no certificate has,
 * and nodes were put in quarantine: {@code kept-1} is in it still, and so is {@code late-1}, which enrolled after the backup;
 * {@code freed-1} was let go by the same server and {@code shared-1} by the other; {@code old-1}, in quarantine before the
 * backup, was let go after it.
 */
final class RestoredBlocks {
    final Path first;
    final Path second;
    final TestDatabase newest;
    final TestDatabase backup;
    final TestIdentity operator;
    final TestIdentity kept;
    final String cluster;
    final String keptToken;
    final String freedToken;
    final String lateToken;
    final TestIdentity.Request reported = TestIdentity.request();
    final String reportedHash;

    RestoredBlocks(Path folder) throws IOException {
        first = folder.resolve("first");
        newest = TestDatabase.create();
        TestServer server = Restored.start(first, newest);
        cluster = server.newCluster();
        operator = TestIdentity.read(first.resolve("operator-admin.pem"));
        keptToken = token(server, "kept-*");
        freedToken = token(server, "freed-*");
        lateToken = token(server, "late-*");
        kept = enrol(server, keptToken, "kept-1");
        enrol(server, freedToken, "freed-1");
        enrol(server, token(server, "shared-*"), "shared-1");
        enrol(server, token(server, "old-*"), "old-1");
        quarantine(server, "old-1");
        server.stop();
        backup = newest.copy();

        server = Restored.start(first, newest);
        report(server, reported);
        reportedHash = admin(server)
                .get("/compromised-keys?limit=1")
                .expect(200)
                .get("items")
                .get(0)
                .get("publicKeyHash")
                .asString();
        enrol(server, lateToken, "late-1");
        for (String node : new String[] {"kept-1", "freed-1", "shared-1", "late-1"}) {
            quarantine(server, node);
        }
        allowReinstall(server, "freed-1");
        allowReinstall(server, "old-1");
        second = newData("second");
        TestServer other = Restored.start(second, newest);
        allowReinstall(other, "shared-1");
        other.stop();
        server.stop();
    }

    private String token(TestServer server, String pattern) {
        return server.newToken(cluster, pattern, "[\"worker\"]", 1);
    }

    private static TestIdentity enrol(TestServer server, String token, String node) {
        TestIdentity.Request request = TestIdentity.request();
        return request.issued(server.anonymous()
                .post("/enrolments", TestServer.enrolment(token, node, request))
                .expect(201)
                .get("certificate")
                .get("certificate")
                .asString());
    }

    TestClient.Answer tryToEnrol(TestServer server, String token, String node) {
        return server.anonymous().post("/enrolments", TestServer.enrolment(token, node, TestIdentity.request()));
    }

    private void quarantine(TestServer server, String node) {
        confirmed(server, "/clusters/" + cluster + "/nodes/" + node + "/quarantine", "{")
                .expect(200);
    }

    void report(TestServer server, TestIdentity.Request key) {
        confirmed(server, "/compromised-keys", "{\"csr\": " + TestClient.quoted(key.pem()) + ", ")
                .expect(201);
    }

    private TestClient.Answer confirmed(TestServer server, String path, String body) {
        String confirmation = admin(server)
                .post(path + "?dryRun=true", body.endsWith(", ") ? body.substring(0, body.length() - 2) + "}" : "{}")
                .expect(200)
                .get("confirmation")
                .asString();
        return admin(server).post(path, body + "\"confirmation\": \"" + confirmation + "\"}");
    }

    private void allowReinstall(TestServer server, String node) {
        admin(server)
                .post("/clusters/" + cluster + "/nodes/" + node + "/reinstall")
                .expect(200);
    }

    TestClient admin(TestServer server) {
        return server.as(operator);
    }

    String state(TestServer server, String node) {
        return admin(server)
                .get("/clusters/" + cluster + "/nodes/" + node)
                .expect(200)
                .get("state")
                .asString();
    }

    /** A certificate for an administrator, by this key. */
    TestClient.Answer issue(TestServer server, TestIdentity.Request key) {
        return admin(server)
                .post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kubernetes-admin", null, key));
    }

    /** A certificate for a node's kubelet, by this key. */
    TestClient.Answer issue(TestServer server, String node, TestIdentity.Request key) {
        return admin(server)
                .post(
                        "/clusters/" + cluster + "/certificates",
                        TestClient.certificateRequest("kubelet-client", node, key));
    }

    /** The data folder of a server that knows the sealing key and nothing else. */
    Path newData(String name) throws IOException {
        return Restored.withSealingKey(first, name);
    }
}
