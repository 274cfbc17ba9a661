package dev.certfleet.server.enrolment;

import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.x509.Violation;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Whose signed documents count as evidence. */
@Component
public class DocumentIssuers {
    private final DocumentIssuerRepository issuers;
    private final AuditLog audit;
    private final Clock clock;
    private final JsonMapper json;

    DocumentIssuers(DocumentIssuerRepository issuers, AuditLog audit, Clock clock, JsonMapper json) {
        this.issuers = issuers;
        this.audit = audit;
        this.clock = clock;
        this.json = json;
    }

    /** What came of asking for an issuer. */
    public sealed interface Creation {
        record Created(DocumentIssuer issuer) implements Creation {}

        record Refused(List<Violation> violations) implements Creation {}

        /** There is one of this name. */
        record Exists() implements Creation {}
    }

    @Transactional
    public Creation create(String cluster, NewDocumentIssuer wanted, String actor) {
        List<Violation> violations = wanted.violations(cluster);
        if (!violations.isEmpty()) {
            return new Creation.Refused(violations);
        }
        if (issuers.findNamed(cluster, wanted.name()).isPresent()) {
            return new Creation.Exists();
        }
        DocumentIssuer issuer = issuers.saveAndFlush(new DocumentIssuer(
                UUID.randomUUID(),
                cluster,
                wanted,
                json.writeValueAsString(wanted.constraints()),
                actor,
                clock.instant()));
        audit.append(
                actor,
                new AuditEvent.DocumentIssuerTrusted(
                        cluster,
                        issuer.name(),
                        issuer.issuer(),
                        issuer.audience(),
                        issuer.nodeNamePattern(),
                        issuer.roles()));
        return new Creation.Created(issuer);
    }

    /** Its documents count no more from now on; false where the cluster has no such issuer. */
    @Transactional
    public boolean withdraw(String cluster, String name, String actor) {
        Optional<DocumentIssuer> issuer = issuers.findNamed(cluster, name);
        issuer.ifPresent(found -> {
            found.withdraw(clock.instant());
            audit.append(actor, new AuditEvent.DocumentIssuerWithdrawn(cluster, name));
        });
        return issuer.isPresent();
    }

    /** Those that count, by name. */
    public List<DocumentIssuer> ofCluster(String cluster) {
        return issuers.findOfCluster(cluster);
    }

    public Optional<DocumentIssuer> named(String cluster, String name) {
        return issuers.findNamed(cluster, name);
    }

    /** Claims, and the values of which each has to have one. */
    public Map<String, List<String>> constraints(DocumentIssuer issuer) {
        return json.readValue(issuer.constraints(), new TypeReference<Map<String, List<String>>>() {});
    }
}
