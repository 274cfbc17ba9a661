package dev.certfleet.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.certfleet.agent.TestNode.Outcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A machine without a token proves itself by what the settings say, or says what to set. */
class EvidenceInAgentTest {
    private static final String DOCUMENT = "eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmVk";

    @TempDir
    private Path folder;

    private final FakeClock clock = new FakeClock(Instant.parse("2026-11-24T08:00:00Z"));
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private HttpServer metadata;
    private FakeServer server;
    private volatile String document = DOCUMENT + "\n";
    private volatile int status = 200;

    @BeforeEach
    void start() throws Exception {
        server = new FakeServer(clock);
        server.roles = List.of("etcd");
        metadata = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        metadata.createContext("/", exchange -> {
            asked.add(exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().getFirst("Metadata-Flavor"));
            byte[] body = document.getBytes(UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        metadata.start();
    }

    @AfterEach
    void stop() {
        metadata.stop(0);
        server.close();
    }

    @Test
    void fetchesADocumentFromTheMetadataServerForItsKey() throws Exception {
        TestNode node = node("cluster: prod, document: {url: \"http://127.0.0.1:"
                + metadata.getAddress().getPort()
                + "/identity?audience=https://ca.example.org/prod%23{nonce}&format=full\","
                + " headers: {Metadata-Flavor: Google}}");

        Outcome outcome = node.command("enrol");

        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.out()).startsWith("enrolled as cp-1 in cluster prod");
        assertThat(asked)
                .singleElement()
                .asString()
                .matches(
                        "/identity\\?audience=https://ca.example.org/prod%23" + "[A-Za-z0-9_-]{43}&format=full Google");
        assertThat(server.documents()).singleElement().satisfies(sent -> {
            assertThat(sent.cluster()).isEqualTo("prod");
            assertThat(sent.document()).isEqualTo(DOCUMENT);
        });
    }

    @Test
    void readsADocumentFromAFile() throws Exception {
        Files.writeString(folder.resolve("document"), DOCUMENT);

        assertThat(node("cluster: prod, document: {file: " + folder.resolve("document") + "}")
                        .command("enrol")
                        .status())
                .isZero();
    }

    @Test
    void saysWhatIsWrongWithADocumentAndSendsNothing() throws Exception {
        TestNode node = node("cluster: prod, document: {url: \"http://127.0.0.1:"
                + metadata.getAddress().getPort() + "/identity\"}");
        document = "<html>log in</html>";
        assertThat(node.command("enrol").err())
                .contains("is no signed document")
                .hasLineCount(1);
        document = "x".repeat(20_000);
        assertThat(node.command("enrol").err()).contains("more than a document").hasLineCount(1);
        status = 302;
        assertThat(node.command("enrol").err())
                .contains("answers with status 302")
                .hasLineCount(1);
        metadata.stop(0);
        Outcome away = node.command("enrol");
        assertThat(away.err())
                .contains("cannot get this machine's identity document")
                .hasLineCount(1);
        assertThat(away.status()).isEqualTo(ExitCode.FILES.status());
        assertThat(server.documents()).isEmpty();
        assertThat(server.count("POST /api/v1/enrolments")).isZero();
    }

    @Test
    void saysThatThereIsNoTpm() throws Exception {
        Outcome outcome = node("cluster: prod, tpm: {tcti: \"device:" + folder.resolve("no-tpm") + "\"}")
                .command("enrol");

        assertThat(outcome.status()).isEqualTo(ExitCode.FILES.status());
        assertThat(outcome.err()).contains("TPM").hasLineCount(1);
    }

    @Test
    void saysWhatToSetWhereThereIsNothing() throws Exception {
        Outcome enrol = node("tokenFile: " + folder.resolve("none")).command("enrol");
        assertThat(enrol.status()).isEqualTo(ExitCode.SETTINGS.status());
        assertThat(enrol.err())
                .contains("enrolment.tokenFile", "enrolment.cluster", "enrolment.tpm", "enrolment.document")
                .hasLineCount(1);

        try (Agent agent = node("tokenFile: " + folder.resolve("none")).boot()) {
            agent.round();
            assertThat(agent.status().problems().toString())
                    .contains("put one into " + folder.resolve("none"), "enrolment.tpm or enrolment.document");
        }
    }

    @Test
    void refusesSettingsThatCannotBe() throws Exception {
        for (String wrong : List.of(
                "document: {}",
                "document: {url: \"ftp://x/\"}",
                "document: {url: \"http://x/\", file: /x}",
                "document: {url: \"http://x/\", headers: {\"a b\": c}}",
                "tpm: {endorsementKey: dsa}",
                "tpm: {tctii: x}")) {
            Outcome outcome = node("cluster: prod, " + wrong).command("enrol");
            assertThat(outcome.status()).as(wrong).isEqualTo(ExitCode.SETTINGS.status());
            assertThat(outcome.err()).hasLineCount(1);
        }
    }

    private TestNode node(String enrolment) throws IOException {
        return new TestNode(folder, server, clock).enrolling("{" + enrolment + "}");
    }
}
