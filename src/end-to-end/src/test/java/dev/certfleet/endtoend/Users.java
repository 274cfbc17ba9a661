package dev.certfleet.endtoend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * People with keys that they made themselves and certificates that an operator issued for those.
 *
 * @param folder where keys and certificates are
 * @param authority whom they trust as kube-apiserver
 */
record Users(Path folder, Operator operator, OpenSsl openSsl, String cluster, Path authority) {
    /** A key made here and a certificate that the operator issues for it. */
    ClientIdentity issue(String profile, String name, Map<String, String> further) throws IOException {
        Files.createDirectories(folder);
        Path key = folder.resolve(name + ".key");
        Path request = folder.resolve(name + ".csr");
        openSsl.makeRequest(key, request);
        Map<String, String> body = new HashMap<>(further);
        body.put("profile", profile);
        body.put("csr", Files.readString(request));
        JsonNode issued =
                operator.post("/clusters/" + cluster + "/certificates", body).expect(201);
        Files.writeString(
                folder.resolve(name + ".crt"), issued.path("certificate").asString());
        return identity(name);
    }

    ClientIdentity identity(String name) {
        return new ClientIdentity(authority, folder.resolve(name + ".crt"), folder.resolve(name + ".key"));
    }
}
