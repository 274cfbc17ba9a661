package dev.certfleet.server.authority;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.signing.AuthorityRequest;
import dev.certfleet.server.signing.SigningKey;
import dev.certfleet.server.signing.SigningKeys;
import dev.certfleet.server.x509.IssuerFacts;
import dev.certfleet.server.x509.Subject;
import dev.certfleet.server.x509.Violation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.bouncycastle.asn1.ASN1Encoding;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** Makes authorities whose certificate comes from outside: the key and its request first, the certificate when it is there. */
@Component
public class OutsideAuthority {
    private final AuthorityRepository authorities;
    private final CreateAuthority create;
    private final SigningKeys keys;
    private final JdbcClient database;
    private final AuditLog audit;
    private final Clock clock;

    OutsideAuthority(
            AuthorityRepository authorities,
            CreateAuthority create,
            SigningKeys keys,
            JdbcClient database,
            AuditLog audit,
            Clock clock) {
        this.authorities = authorities;
        this.create = create;
        this.keys = keys;
        this.database = database;
        this.audit = audit;
        this.clock = clock;
    }

    /** Makes the key of the next generation and a request for its certificate, in the caller's transaction; its name. */
    @Transactional(propagation = Propagation.MANDATORY)
    public String request(
            @Nullable String cluster,
            AuthorityKind kind,
            KeyAlgorithm algorithm,
            Authority.Anchor anchor,
            String actor) {
        int generation = create.nextGeneration(cluster, kind);
        String name = CreateAuthority.name(cluster, kind, generation);
        SigningKey key = keys.create(algorithm);
        database.sql("INSERT INTO requested_authority (name, cluster, kind, generation, key_algorithm, sealed_key,"
                        + " anchored, request, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
                .param(name)
                .param(cluster)
                .param(kind.label())
                .param(generation)
                .param(algorithm.label())
                .param(key.id())
                .param(anchor.label())
                .param(AuthorityRequest.of(key, subject(name)))
                .param(Timestamp.from(clock.instant()))
                .update();
        audit.append(actor, new AuditEvent.AuthorityRequested(cluster, name));
        return name;
    }

    /** The request that waits for this authority's certificate, PKCS#10 in DER. */
    public Optional<byte[]> find(String name) {
        return waiting(name).map(Waiting::request);
    }

    /** Forgets the request and destroys its key, in the caller's transaction. */
    @Transactional(propagation = Propagation.MANDATORY)
    public void giveUp(String name) {
        waiting(name).ifPresent(waiting -> {
            forget(name);
            keys.destroy(waiting.key());
        });
    }

    /**
     * Makes the authority, which is trusted from then on and does not issue yet, in the caller's transaction.
     *
     * @param chain DER, its own certificate first, each followed by its issuer's, the root last
     * @return every rule that the chain breaks; where there is any, nothing was changed
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public List<Violation> certify(String name, List<byte[]> chain, String statusUrl, int crlShards, String actor) {
        Waiting waiting = waiting(name).orElseThrow();
        OutsideChain checked;
        try {
            List<X509Certificate> certificates = new ArrayList<>();
            for (byte[] der : chain) {
                certificates.add(Certificates.parse(der));
            }
            checked = new OutsideChain(certificates);
        } catch (CertificateException e) {
            return List.of(new Violation("chain", String.valueOf(e.getMessage())));
        }
        List<Violation> violations = checked.violations(
                encoded(subject(name)), keys.open(waiting.key()).publicKey(), clock.instant());
        if (!violations.isEmpty()) {
            return violations;
        }
        byte[] certificate = chain.getFirst();
        X509Certificate own = checked.certificates().getFirst();
        IssuerFacts facts = IssuerFacts.of(certificate);
        forget(name);
        Authority authority = new Authority(
                name,
                waiting.cluster(),
                waiting.kind(),
                waiting.generation(),
                facts.name().toString(),
                facts.keyAlgorithm(),
                facts.keyId(),
                waiting.key(),
                own.getSerialNumber(),
                certificate,
                own.getNotBefore().toInstant(),
                checked.notAfter(),
                statusUrl,
                crlShards,
                false,
                Authority.State.INCOMING);
        authority.below(chain.subList(1, chain.size()), waiting.anchor());
        authorities.saveAndFlush(authority);
        audit.append(
                actor,
                new AuditEvent.AuthorityCreated(
                        waiting.cluster(),
                        name,
                        Certificates.serial(own),
                        authority.notAfter().toString()));
        return List.of();
    }

    private static Subject subject(String name) {
        return new Subject(name, List.of("certfleet"));
    }

    private static byte[] encoded(Subject subject) {
        try {
            return subject.toName().getEncoded(ASN1Encoding.DER);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private record Waiting(
            @Nullable String cluster,
            AuthorityKind kind,
            int generation,
            UUID key,
            Authority.Anchor anchor,
            byte[] request) {}

    private Optional<Waiting> waiting(String name) {
        return database.sql("SELECT * FROM requested_authority WHERE name = ?")
                .param(name)
                .query(OutsideAuthority::row)
                .optional();
    }

    private static Waiting row(ResultSet row, int number) throws SQLException {
        return new Waiting(
                row.getString("cluster"),
                AuthorityKind.of(row.getString("kind")),
                row.getInt("generation"),
                row.getObject("sealed_key", UUID.class),
                Authority.Anchor.of(row.getString("anchored")).orElseThrow(),
                row.getBytes("request"));
    }

    private void forget(String name) {
        database.sql("DELETE FROM requested_authority WHERE name = ?")
                .param(name)
                .update();
    }
}
