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
     * The next generation, which issues at once, in the caller's transaction: an authority exists together with what it was
     * made for.
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
        return create(cluster, kind, algorithm, statusUrl, crlShards, actor, Authority.State.ACTIVE, null);
    }

    /**
     * The next generation, which is trusted from now on and does not issue yet, in the caller's transaction.
     *
     * @param before the generation that certifies its key too, for who trusts that one alone; null for none
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public Authority createIncoming(
            @Nullable String cluster,
            AuthorityKind kind,
            KeyAlgorithm algorithm,
            String statusUrl,
            int crlShards,
            String actor,
            @Nullable Authority before) {
        return create(cluster, kind, algorithm, statusUrl, crlShards, actor, Authority.State.INCOMING, before);
    }

    private Authority create(
            @Nullable String cluster,
            AuthorityKind kind,
            KeyAlgorithm algorithm,
            String statusUrl,
            int crlShards,
            String actor,
            Authority.State state,
            @Nullable Authority before) {
        int generation = nextGeneration(cluster, kind);
        String name = name(cluster, kind, generation);

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
        Authority authority = new Authority(
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
                false,
                state);
        if (before != null) {
            authority.crossCertified(crossCertificate(contents, before, actor));
        }
        authorities.saveAndFlush(authority);
        audit.append(
                actor,
                new AuditEvent.AuthorityCreated(
                        cluster,
                        name,
                        serial.hex(),
                        contents.validity().notAfter().toString()));
        return authority;
    }

    /** newWithOld of RFC 4210 section 4.4: the new key under its name, signed with the key of the generation before. */
    private byte[] crossCertificate(CertificateContents successor, Authority before, String actor) {
        Serial serial = Serial.random(random);
        LintedCertificate linted = linter.lint(
                CertificateContents.crossCertified(successor, clock.instant(), before.notAfter()),
                IssuerFacts.of(before.certificate()),
                serial,
                random);
        byte[] signed = new Issuer(keys.open(before.sealedKey().orElseThrow())).sign(linted);
        audit.append(
                actor,
                new AuditEvent.AuthorityCrossCertified(
                        before.cluster(), successor.subject().commonName(), before.name(), serial.hex()));
        return signed;
    }

    /** What the next generation will be called. */
    public String nextName(@Nullable String cluster, AuthorityKind kind) {
        return name(cluster, kind, nextGeneration(cluster, kind));
    }

    int nextGeneration(@Nullable String cluster, AuthorityKind kind) {
        return 1 + authorities.newestGeneration(cluster, kind.label());
    }

    static String name(@Nullable String cluster, AuthorityKind kind, int generation) {
        return (cluster == null ? "" : cluster + "-") + kind.label() + "-" + generation;
    }
}
