package dev.certfleet.server;

import dev.certfleet.pki.AllowedHere;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.server.WebServer;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/**
 * The whole server as it is shipped, on a data folder and ports of its own, spoken to over TLS. The tests of a JVM share
 * one; each makes clusters of its own.
 */
public final class TestServer {
    private static final AtomicInteger NAMES = new AtomicInteger();

    private final Path data;
    private final ConfigurableApplicationContext context;

    private TestServer(Path data, ConfigurableApplicationContext context) {
        this.data = data;
        this.context = context;
    }

    private static final class Shared {
        static final TestServer SERVER = start();
    }

    /** The one that the tests of this JVM share; it ends with the JVM. */
    public static TestServer shared() {
        return Shared.SERVER;
    }

    @AllowedHere("a folder that outlives the test class")
    private static TestServer start() {
        try {
            Path data = Files.createTempDirectory("certfleet-test");
            TestServer server = start(data, List.of());
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                server.stop();
                delete(data);
            }));
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Another one, on this data folder, with these settings beside it: {@code --certfleet.key=value}. */
    public static TestServer start(Path data, List<String> settings) {
        return start(data, settings, CertfleetServer.application());
    }

    /** Another one, on this data folder, that takes the time from this clock. */
    public static TestServer start(Path data, Clock clock, String... settings) {
        SpringApplication application = CertfleetServer.application();
        List<ApplicationContextInitializer<?>> initializers = new ArrayList<>(application.getInitializers());
        initializers.addFirst(context -> context.getBeanFactory().registerSingleton("clock", clock));
        application.setInitializers(initializers);
        return start(data, List.of(settings), application);
    }

    private static TestServer start(Path data, List<String> settings, SpringApplication application) {
        application.setRegisterShutdownHook(false);
        List<String> arguments = Stream.concat(
                        Stream.of(
                                "--certfleet.data=" + data,
                                "--certfleet.api=127.0.0.1:0",
                                "--certfleet.status=127.0.0.1:0",
                                "--certfleet.management=127.0.0.1:0"),
                        settings.stream())
                .toList();
        return new TestServer(data, application.run(arguments.toArray(String[]::new)));
    }

    public void stop() {
        context.close();
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException | UncheckedIOException e) {
            System.err.println("left behind: " + folder + ": " + e);
        }
    }

    public Path data() {
        return data;
    }

    public <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    public String setting(String name) {
        return context.getEnvironment().getRequiredProperty(name);
    }

    /** Where the REST API is, without a slash at the end. */
    public String api() {
        WebServer web = ((WebServerApplicationContext) context).getWebServer();
        return "https://localhost:" + Objects.requireNonNull(web).getPort();
    }

    /** Somebody who shows no certificate. */
    public TestClient anonymous() {
        return new TestClient(this, null);
    }

    /** The first operator, with every grant. */
    public TestClient admin() {
        return as(TestIdentity.read(data.resolve("operator-admin.pem")));
    }

    public TestClient as(TestIdentity identity) {
        return new TestClient(this, identity);
    }

    /** A name that no other test has. */
    public static String fresh(String prefix) {
        return prefix + "-" + NAMES.incrementAndGet();
    }

    /** A cluster with a name of its own. */
    public String newCluster() {
        String name = fresh("cluster");
        admin().post("/clusters", "{\"name\": \"" + name + "\"}").expect(201);
        return name;
    }

    /** A new operator with one grant. */
    public TestIdentity newOperator(String cluster, String role) {
        String name = fresh("operator");
        TestIdentity.Request request = TestIdentity.request();
        JsonNode created = admin().post(
                        "/operators",
                        "{\"name\": \"" + name + "\", \"grants\": [{\"cluster\": \"" + cluster + "\", \"role\": \""
                                + role + "\"}], \"csr\": " + TestClient.quoted(request.pem()) + "}")
                .expect(201);
        return request.issued(created.get("certificate").get("certificate").asString());
    }

    /** A token's secret. */
    public String newToken(String cluster, String pattern, String roles, int uses) {
        return admin().post(
                        "/clusters/" + cluster + "/enrolment-tokens",
                        "{\"nodeNamePattern\": \"" + pattern + "\", \"roles\": " + roles + ", \"maxUses\": " + uses
                                + "}")
                .expect(201)
                .get("token")
                .asString();
    }

    /** Enrols a worker; its identity. */
    public TestIdentity newNode(String cluster, String node) {
        return newNode(cluster, node, "[\"worker\"]");
    }

    public TestIdentity newNode(String cluster, String node, String roles) {
        TestIdentity.Request request = TestIdentity.request();
        JsonNode enrolled = anonymous()
                .post("/enrolments", enrolment(newToken(cluster, node, roles, 1), node, request))
                .expect(201);
        return request.issued(enrolled.get("certificate").get("certificate").asString());
    }

    public static String enrolment(String token, String node, TestIdentity.Request request) {
        return "{\"token\": \"" + token + "\", \"nodeName\": \"" + node
                + "\", \"roles\": [], \"addresses\": [\"" + address(node) + "\"], \"csr\": "
                + TestClient.quoted(request.pem())
                + "}";
    }

    /** An address that no other node of the same cluster has. */
    public static String address(String node) {
        return switch (node) {
            case "worker-1" -> "192.0.2.10";
            case "worker-2" -> "192.0.2.20";
            default -> {
                int number = node.hashCode() & 0xffff;
                yield "198.18." + (number >> 8) + "." + (number & 0xff);
            }
        };
    }
}
