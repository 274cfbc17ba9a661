package dev.certfleet.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.server.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;
import tools.jackson.databind.JsonNode;

/** The OpenAPI document says what the server does, and is the one in docs/. */
class ApiDocumentTest {
    private static final Path COMMITTED = Path.of("../docs/openapi.json");

    private final TestServer server = TestServer.shared();
    private final JsonNode document = server.anonymous().get("/openapi.json").expect(200);

    @Test
    void isTheOneInDocs() throws IOException {
        String served = server.anonymous().get("/openapi.json").text().strip() + "\n";
        if (Boolean.getBoolean("golden.update")) {
            Files.writeString(COMMITTED, served);
        }
        assertThat(served)
                .as("docs/openapi.json is not what the server serves; if the change is meant, write it anew with:"
                        + " mvn -pl ca-server -am test -Dtest=ApiDocumentTest -Dgolden.update=true"
                        + " -Dsurefire.failIfNoSpecifiedTests=false")
                .isEqualTo(Files.readString(COMMITTED));
    }

    @Test
    void describesWhatIsMappedAndNothingElse() {
        assertThat(documented()).isEqualTo(mapped());
    }

    @Test
    void saysOfEveryOperationWhatItDoesAndHowItFails() {
        document.get("paths")
                .forEach(path -> path.forEach(operation -> {
                    assertThat(operation.get("summary").asString()).isNotBlank();
                    assertThat(operation.get("operationId").asString()).matches("[a-z][A-Za-z]+");
                    assertThat(operation.get("tags")).isNotEmpty();
                    assertThat(operation.get("responses").has("default")).isTrue();
                    assertThat(operation
                                    .at("/responses/default/content/application~1problem+json/schema/$ref")
                                    .asString())
                            .isEqualTo("#/components/schemas/Problem");
                }));
    }

    @Test
    void saysWhichFieldsAreRequired() {
        assertThat(document.at("/components/schemas/NewCluster/required").toString())
                .isEqualTo("[\"name\"]");
        assertThat(document.at("/components/schemas/CertificateRequest/required")
                        .toString())
                .isEqualTo("[\"csr\",\"profile\"]");
        assertThat(document.at("/components/schemas/Problem/required").toString())
                .isEqualTo("[\"status\",\"title\",\"type\"]");
    }

    @Test
    void isOpenApi31() {
        assertThat(document.get("openapi").asString()).startsWith("3.1");
        assertThat(document.at("/components/securitySchemes/clientCertificate/type")
                        .asString())
                .isEqualTo("mutualTLS");
    }

    private Set<String> documented() {
        Set<String> operations = new TreeSet<>();
        document.get("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .propertyNames()
                        .forEach(method ->
                                operations.add(method.toUpperCase(java.util.Locale.ROOT) + " " + path.getKey())));
        return operations;
    }

    private Set<String> mapped() {
        Set<String> operations = new TreeSet<>();
        server.bean(RequestMappingHandlerMapping.class).getHandlerMethods().forEach((mapping, handler) -> {
            boolean ours = handler.getBeanType().getPackageName().equals("dev.certfleet.server.web")
                    && handler.getBeanType().isAnnotationPresent(RestController.class)
                    && handler.getBeanType() != Problems.class;
            if (ours) {
                mapping.getMethodsCondition()
                        .getMethods()
                        .forEach(method ->
                                mapping.getPatternValues().forEach(pattern -> operations.add(method + " " + pattern)));
            }
        });
        return operations;
    }
}
