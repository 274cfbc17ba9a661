package dev.certfleet.server.authority;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.signing.Issuer;
import dev.certfleet.server.signing.Signatures;
import dev.certfleet.server.signing.SigningKey;
import dev.certfleet.server.signing.SigningKeys;
import dev.certfleet.server.x509.CertificateContents;
import dev.certfleet.server.x509.IssuerFacts;
import dev.certfleet.server.x509.LintedCertificate;
import dev.certfleet.server.x509.Linter;
import dev.certfleet.server.x509.Serial;
import dev.certfleet.server.x509.Subject;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** Makes a self-signed authority: key, contents, lint, signature, record. */
@Component
public class CreateAuthority {
    private final AuthorityRepository authorities;
    private final SigningKeys keys;
    private final AuditLog audit;
    private final Clock clock;
    private final SecureRandom random;
    private final Linter linter = new Linter(Signatures.provider());

    CreateAuthority(
            AuthorityRepository authorities, SigningKeys keys, AuditLog audit, Clock clock, SecureRandom random) {
        this.authorities = authorities;
        this.keys = keys;
        this.audit = audit;
        this.clock = clock;
        this.random = random;
    }

    /**
     * The next generation, in the caller's transaction: an authority exists together with what it was made for.
     *
     * @param cluster null for the installation's own
     * @param statusUrl where the status of what it issues will be served
     * @param crlShards how many shards its CRL will be in
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public Authority create(
            @Nullable String cluster,
            AuthorityKind kind,
            KeyAlgorithm algorithm,
            String statusUrl,
            int crlShards,
            String actor) {
        int generation = 1 + newestGeneration(cluster, kind);
        String name = (cluster == null ? "" : cluster + "-") + kind.label() + "-" + generation;

        // 1. The key, sealed before anything refers to it
        SigningKey key = keys.create(algorithm);

        // 2. Contents, linted as any certificate's are
        CertificateContents contents = CertificateContents.authority(
                new Subject(name, List.of("certfleet")),
                SubjectPublicKeyInfo.getInstance(key.publicKey().getEncoded()),
                clock.instant());
        IssuerFacts itself = IssuerFacts.selfSigned(contents);
        Serial serial = Serial.random(random);
        LintedCertificate linted = linter.lint(contents, itself, serial, random);

        // 3. The signature, and the record
        byte[] certificate = new Issuer(key).sign(linted);
        Authority authority = authorities.saveAndFlush(new Authority(
                name,
                cluster,
                kind,
                generation,
                itself.name().toString(),
                algorithm,
                itself.keyId(),
                key.id(),
                serial.value(),
                certificate,
                contents.validity().notBefore(),
                contents.validity().notAfter(),
                statusUrl,
                crlShards,
                false));
        audit.append(
                actor,
                new AuditEvent.AuthorityCreated(
                        cluster,
                        name,
                        serial.hex(),
                        contents.validity().notAfter().toString()));
        return authority;
    }

    private int newestGeneration(@Nullable String cluster, AuthorityKind kind) {
        List<Authority> all =
                cluster == null ? authorities.findAllByOrderByName() : authorities.findByClusterOrderByName(cluster);
        return all.stream()
                .filter(authority -> authority.kind() == kind)
                .mapToInt(Authority::generation)
                .max()
                .orElse(0);
    }
}
