package dev.certfleet.server.web;

import dev.certfleet.server.TestClient;
import tools.jackson.databind.JsonNode;

/** A call that revokes many certificates, after a dry run. */
record Bulk(TestClient client, String path) {
    /** What would be done. */
    JsonNode dryRun(String body) {
        return client.post(path + "?dryRun=true", body).expect(200);
    }

    /** The confirmation of a dry run that is made now. */
    String confirmation(String body) {
        return dryRun(body).get("confirmation").asString();
    }

    TestClient.Answer confirmed(String body, String confirmation, String... headers) {
        String with = body.equals("{}") ? "{" : body.substring(0, body.length() - 1) + ", ";
        return client.post(path, with + "\"confirmation\": \"" + confirmation + "\"}", headers);
    }

    /** Dry run, and then what it showed. */
    TestClient.Answer go(String body) {
        return confirmed(body, confirmation(body));
    }
}
