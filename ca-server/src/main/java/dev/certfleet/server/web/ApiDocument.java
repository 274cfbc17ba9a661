package dev.certfleet.server.web;

import dev.certfleet.pki.wire.Problem;
import dev.certfleet.server.access.Caller;
import io.swagger.v3.core.converter.ModelConverters;
import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.PathItem;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.media.StringSchema;
import io.swagger.v3.oas.models.parameters.HeaderParameter;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.swagger.v3.oas.models.security.SecurityRequirement;
import io.swagger.v3.oas.models.security.SecurityScheme;
import io.swagger.v3.oas.models.servers.Server;
import java.util.List;
import java.util.Set;
import org.springdoc.core.customizers.OpenApiCustomizer;
import org.springdoc.core.utils.SpringDocUtils;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What the OpenAPI document says beyond what it reads from the resources. */
@Configuration(proxyBeanMethods = false)
class ApiDocument {
    private static final String PROBLEM = "Problem";
    /** What changes nothing when it is sent again. */
    private static final Set<String> REPEATABLE = Set.of("report", "prove", "replay", "acceptLoss");

    private static final String CERTIFICATE = "clientCertificate";

    static {
        SpringDocUtils.getConfig().addRequestWrapperToIgnore(Caller.class);
    }

    @Bean
    OpenAPI certfleetApi() {
        return new OpenAPI()
                .info(new Info()
                        .title("certfleet")
                        .version("v1")
                        .description("Certificates for fleets of Kubernetes clusters. Times are RFC 3339, durations ISO"
                                + " 8601, serials and fingerprints lowercase hexadecimal; a certificate's id is its"
                                + " SHA-256 fingerprint. Errors are problem details (RFC 9457) of the types that"
                                + " docs/errors.md lists."))
                .servers(List.of(new Server().url("/").description("this server")))
                .components(new Components()
                        .addSecuritySchemes(
                                CERTIFICATE,
                                new SecurityScheme()
                                        .type(SecurityScheme.Type.MUTUALTLS)
                                        .description("an operator's certificate, or a node's identity")))
                .security(List.of(new SecurityRequirement().addList(CERTIFICATE)));
    }

    @Bean
    OpenApiCustomizer errorsKeysAndRequiredFields() {
        return document -> {
            ModelConverters.getInstance(true).readAll(Problem.class).forEach(document.getComponents()::addSchemas);
            document.getPaths()
                    .values()
                    .forEach(path -> path.readOperationsMap().forEach((method, operation) -> {
                        operation.getResponses().remove("400");
                        operation.getResponses().addApiResponse("default", problem());
                        if (method == PathItem.HttpMethod.POST && !REPEATABLE.contains(operation.getOperationId())) {
                            operation.addParametersItem(idempotencyKey());
                        }
                    }));
        };
    }

    private static ApiResponse problem() {
        return new ApiResponse()
                .description("What went wrong; its type is one of those in docs/errors.md")
                .content(new Content()
                        .addMediaType(
                                org.springframework.http.MediaType.APPLICATION_PROBLEM_JSON_VALUE,
                                new MediaType().schema(new Schema<>().$ref("#/components/schemas/" + PROBLEM))));
    }

    private static HeaderParameter idempotencyKey() {
        StringSchema text = new StringSchema();
        text.setTypes(Set.of("string"));
        text.setMinLength(1);
        text.setMaxLength(Idempotency.LONGEST);
        HeaderParameter key = new HeaderParameter();
        key.setName(Idempotency.HEADER);
        key.setDescription("names the request: sent again with the same key, it is answered again and not done again");
        key.setRequired(false);
        key.setSchema(text);
        return key;
    }
}
