package dev.certfleet.agent;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.certfleet.agent.server.Credential;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;
import tools.jackson.jr.ob.JSON;

/** A kube-apiserver as far as CertificateSigningRequests go: list in pages, watch, and updates that see what changed before. */
final class FakeKubernetes implements AutoCloseable {
    private static final String PATH = "/apis/certificates.k8s.io/v1/certificatesigningrequests";

    private final HttpsServer https;
    private final Map<String, Map<String, Object>> objects = new LinkedHashMap<>();
    private final List<Map<String, Object>> events = new ArrayList<>();
    private long version = 100;

    final List<String> updates = new CopyOnWriteArrayList<>();
    /** The subjects of the client certificates that were shown. */
    final Set<String> clients = ConcurrentHashMap.newKeySet();
    /** How many updates somebody else is quicker than. */
    volatile int conflicts;
    /** What it answers everything with; 0 for what is right. */
    volatile int status;

    volatile int lists;

    FakeKubernetes(TestAuthority authority, Instant now) throws IOException, GeneralSecurityException {
        Credential own = authority.credential("CN=kube-apiserver", now, Duration.ofDays(3600), "127.0.0.1");
        SwitchableTls tls = new SwitchableTls();
        tls.show(own.key(), own.chain());
        https = HttpsServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 16);
        https.setHttpsConfigurator(new HttpsConfigurator(tls.context()) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters ssl = getSSLContext().getDefaultSSLParameters();
                ssl.setWantClientAuth(true);
                parameters.setSSLParameters(ssl);
            }
        });
        https.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        https.createContext("/", this::serve);
        https.start();
    }

    URI address() {
        return URI.create("https://127.0.0.1:" + https.getAddress().getPort());
    }

    @Override
    public void close() {
        https.stop(0);
    }

    /** Somebody makes one. */
    synchronized void create(String name, String signer, String... conditions) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("metadata", Map.of("name", name, "uid", "uid-of-" + name, "labels", Map.of("kept", "yes")));
        object.put(
                "spec",
                Map.of(
                        "signerName",
                        signer,
                        "username",
                        "system:bootstrap:abcdef",
                        "groups",
                        List.of("system:bootstrappers"),
                        "usages",
                        List.of("client auth"),
                        "expirationSeconds",
                        86_400,
                        "request",
                        Base64.getEncoder().encodeToString("the request".getBytes(UTF_8))));
        List<Object> all = new ArrayList<>();
        for (String condition : conditions) {
            all.add(Map.of("type", condition, "status", "True"));
        }
        object.put("status", all.isEmpty() ? Map.of() : Map.of("conditions", all));
        store("ADDED", object);
    }

    /** Somebody sets a condition. */
    synchronized void condition(String name, String type) {
        Map<String, Object> object = new LinkedHashMap<>(get(name));
        object.put("status", Map.of("conditions", List.of(Map.of("type", type, "status", "True"))));
        store("MODIFIED", object);
    }

    synchronized Map<String, Object> get(String name) {
        Map<String, Object> found = objects.get(name);
        if (found == null) {
            throw new AssertionError("no CertificateSigningRequest " + name);
        }
        return found;
    }

    Map<?, ?> status(String name) {
        return (Map<?, ?>) java.util.Objects.requireNonNull(get(name).get("status"));
    }

    /** The types of its conditions. */
    List<String> conditions(String name) {
        return status(name).get("conditions") instanceof List<?> list
                ? list.stream()
                        .map(one -> String.valueOf(((Map<?, ?>) one).get("type")))
                        .toList()
                : List.of();
    }

    String certificate(String name) {
        Object encoded = status(name).get("certificate");
        return encoded == null ? "" : new String(Base64.getDecoder().decode((String) encoded), UTF_8);
    }

    private static Map<?, ?> metadata(Map<String, Object> object) {
        return (Map<?, ?>) java.util.Objects.requireNonNull(object.get("metadata"));
    }

    private void store(String type, Map<String, Object> object) {
        Map<Object, Object> metadata = new LinkedHashMap<>(metadata(object));
        metadata.put("resourceVersion", Long.toString(++version));
        object.put("metadata", metadata);
        objects.put(String.valueOf(metadata.get("name")), object);
        events.add(Map.of("type", type, "object", object));
        notifyAll();
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            String path = exchange.getRequestURI().getPath();
            String query = String.valueOf(exchange.getRequestURI().getRawQuery());
            try {
                clients.add(String.valueOf(
                        ((HttpsExchange) exchange).getSSLSession().getPeerPrincipal()));
            } catch (javax.net.ssl.SSLPeerUnverifiedException e) {
                clients.add("nobody");
            }
            if (status != 0) {
                send(exchange, status, Map.of("kind", "Status", "message", "it is forbidden"));
            } else if (exchange.getRequestMethod().equals("PUT")) {
                update(exchange, path.substring(PATH.length() + 1), JSON.std.mapFrom(body));
            } else if (query.contains("watch=true")) {
                watch(exchange, query);
            } else if (path.equals(PATH)) {
                list(exchange, query);
            } else {
                send(exchange, 404, Map.of());
            }
        }
    }

    /** Two in a page. */
    private void list(HttpExchange exchange, String query) throws IOException {
        Map<String, Object> answer = new LinkedHashMap<>();
        synchronized (this) {
            lists++;
            int from = Integer.parseInt("0" + parameter(query, "continue").replaceAll("\\D", ""));
            List<Map<String, Object>> all = List.copyOf(objects.values());
            int to = Math.min(all.size(), from + 2);
            Map<String, Object> metadata = new LinkedHashMap<>();
            metadata.put("resourceVersion", Long.toString(version));
            if (to < all.size()) {
                metadata.put("continue", "page=" + to);
            }
            answer.put("metadata", metadata);
            answer.put("items", List.copyOf(all.subList(Math.min(from, to), to)));
        }
        send(exchange, 200, answer);
    }

    private void watch(HttpExchange exchange, String query) throws IOException {
        exchange.sendResponseHeaders(200, 0);
        long seen = Long.parseLong(parameter(query, "resourceVersion"));
        try {
            while (true) {
                List<String> lines = new ArrayList<>();
                synchronized (this) {
                    for (Map<String, Object> event : events) {
                        @SuppressWarnings("unchecked")
                        Map<String, Object> object = (Map<String, Object>) event.get("object");
                        long changed = Long.parseLong(String.valueOf(metadata(java.util.Objects.requireNonNull(object))
                                .get("resourceVersion")));
                        if (changed > seen) {
                            seen = changed;
                            lines.add(JSON.std.asString(event) + "\n");
                        }
                    }
                    if (lines.isEmpty()) {
                        wait(50);
                    }
                }
                for (String line : lines) {
                    exchange.getResponseBody().write(line.getBytes(UTF_8));
                }
                exchange.getResponseBody().flush();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void update(HttpExchange exchange, String what, @Nullable Map<String, Object> object) throws IOException {
        String name = what.substring(0, what.indexOf('/'));
        synchronized (this) {
            updates.add(what);
            Map<?, ?> sent = metadata(java.util.Objects.requireNonNull(object));
            boolean stale = !String.valueOf(sent.get("resourceVersion"))
                    .equals(String.valueOf(metadata(get(name)).get("resourceVersion")));
            if (conflicts > 0 || stale) {
                conflicts = Math.max(0, conflicts - 1);
                send(exchange, 409, Map.of("kind", "Status", "message", "the object has been modified"));
                return;
            }
            boolean approves = what.endsWith("/approval");
            boolean changesApproval = !approvals(object).equals(approvals(get(name)));
            if (approves != changesApproval) {
                send(exchange, 422, Map.of("kind", "Status", "message", "not by this subresource"));
                return;
            }
            store("MODIFIED", new LinkedHashMap<>(object));
        }
        send(exchange, 200, get(name));
    }

    private static Set<String> approvals(Map<String, Object> object) {
        Set<String> found = new HashSet<>();
        if (object.get("status") instanceof Map<?, ?> status && status.get("conditions") instanceof List<?> list) {
            list.forEach(one -> found.add(String.valueOf(((Map<?, ?>) one).get("type"))));
        }
        found.retainAll(Set.of("Approved", "Denied"));
        return found;
    }

    private static String parameter(String query, String name) {
        for (String part : query.split("&")) {
            if (part.startsWith(name + "=")) {
                return URLDecoder.decode(part.substring(name.length() + 1), UTF_8);
            }
        }
        return "";
    }

    private static void send(HttpExchange exchange, int status, Map<String, ?> body) throws IOException {
        byte[] bytes = JSON.std.asString(body).getBytes(UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}
