package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What OpenSSL's own responder says is read right: it is what certfleet's answers are judged by. */
class OpenSslIT {
    private final Path folder = WorkFolder.of(OpenSslIT.class);
    private final OpenSsl openSsl = new OpenSsl(Place.THIS_MACHINE);

    @Test
    void readsWhatAResponderAnswers() throws IOException {
        try (var network = NodeNetwork.create(folder.resolve("logs"));
                var node = network.node("responder")) {
            var files = new KubernetesFolder(folder.resolve("etc/kubernetes"));
            ThrowAwayPki.make(files, node);
            var authority = files.pki("ca.crt");
            Files.writeString(
                    folder.resolve("index.txt"), """
                    V\t301231000000Z\t\t%s\tunknown\t/CN=admin
                    R\t301231000000Z\t261124000000Z,keyCompromise\t%s\tunknown\t/CN=kubelet
                    """.formatted(serial(files, "admin"), serial(files, "kubelet")));
            var url = URI.create("http://" + node.address() + ":8080");
            var responder = node.start(
                    "responder",
                    List.of(
                            "openssl",
                            "ocsp",
                            "-port",
                            "8080",
                            "-index",
                            folder.resolve("index.txt").toString(),
                            "-CA",
                            authority.toString(),
                            "-rsigner",
                            authority.toString(),
                            "-rkey",
                            files.pki("ca.key").toString()),
                    Map.of());
            responder.awaitReady(
                    Duration.ofSeconds(10), () -> responder.output().contains("waiting for OCSP client connections"));

            assertThat(openSsl.ocsp(url, authority, files.pki("admin.crt")))
                    .returns("good", OpenSsl.OcspAnswer::status)
                    .returns(true, OpenSsl.OcspAnswer::verified);
            assertThat(openSsl.ocsp(url, authority, files.pki("kubelet.crt")))
                    .returns("revoked", OpenSsl.OcspAnswer::status)
                    .returns("keyCompromise", OpenSsl.OcspAnswer::reason);
            assertThat(openSsl.ocspOfSerial(url, authority, "0badc0de").status())
                    .isEqualTo("unknown");
        }
    }

    private String serial(KubernetesFolder files, String name) {
        return openSsl.serialOf(files.pki(name + ".crt")).toUpperCase(Locale.ROOT);
    }
}
