package dev.certfleet.server.authority;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.signing.ImportedKey;
import dev.certfleet.server.signing.SigningKeys;
import dev.certfleet.server.x509.AuthorityRules;
import dev.certfleet.server.x509.IssuerFacts;
import dev.certfleet.server.x509.KeyAlgorithms;
import dev.certfleet.server.x509.KeyHash;
import dev.certfleet.server.x509.KeyRules;
import dev.certfleet.server.x509.Violation;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.bouncycastle.asn1.x509.Certificate;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * Takes over a CA that others made: checks, seals its key, records it. Rules besides those of {@link AuthorityRules}: {@code
 * authority-kind}, {@code authority-known}, {@code authority-key}.
 */
@Component
public class ImportAuthority {
    /** What nodes and operators are known by, and what opens everything, is certfleet's own. */
    private static final Set<AuthorityKind> KINDS =
            EnumSet.of(AuthorityKind.KUBERNETES, AuthorityKind.ETCD, AuthorityKind.FRONT_PROXY);

    private final AuthorityRepository authorities;
    private final SigningKeys keys;
    private final AuditLog audit;
    private final Clock clock;
    private final AuthorityRules rules;

    ImportAuthority(AuthorityRepository authorities, SigningKeys keys, AuditLog audit, Clock clock, KeyRules keyRules) {
        this.authorities = authorities;
        this.keys = keys;
        this.audit = audit;
        this.clock = clock;
        this.rules = new AuthorityRules(keyRules);
    }

    /** Everything that is wrong with these, which are to be the first authorities of a cluster; empty where they are good. */
    @Transactional(readOnly = true)
    public List<Violation> check(List<ImportedAuthority> imported) {
        List<Violation> violations = new ArrayList<>();
        Set<AuthorityKind> kinds = EnumSet.noneOf(AuthorityKind.class);
        Set<KeyHash> known = new HashSet<>();
        authorities.findAllByOrderByName().forEach(one -> known.add(KeyHash.ofCertificate(one.certificate())));
        for (ImportedAuthority one : imported) {
            if (!KINDS.contains(one.kind())) {
                violations.add(new Violation(
                        "authority-kind", "an authority " + one.kind().label() + " is always certfleet's own"));
            } else if (!kinds.add(one.kind())) {
                violations.add(new Violation(
                        "authority-kind", "one authority " + one.kind().label() + " can be imported, not several"));
            }
            List<Violation> ofCertificate = rules.check(one.chain(), clock.instant());
            violations.addAll(ofCertificate);
            if (ofCertificate.isEmpty()) {
                violations.addAll(ofKey(one));
            }
            if (ofCertificate.isEmpty() && !known.add(KeyHash.ofCertificate(one.certificate()))) {
                violations.add(new Violation(
                        "authority-known",
                        "the key of "
                                + Certificate.getInstance(one.certificate()).getSubject()
                                + " is an authority's already, or is imported twice: each has a key of its own"));
            }
        }
        return violations;
    }

    private static List<Violation> ofKey(ImportedAuthority imported) {
        try {
            readKey(imported);
            return List.of();
        } catch (IllegalArgumentException e) {
            return List.of(new Violation("authority-key", imported.kind().label() + ": " + e.getMessage()));
        }
    }

    private static @Nullable ImportedKey readKey(ImportedAuthority imported) {
        String pem = imported.key();
        return pem == null
                ? null
                : ImportedKey.read(
                        pem, Certificate.getInstance(imported.certificate()).getSubjectPublicKeyInfo());
    }

    /**
     * In the caller's transaction. It is the first generation of its kind: with its key it issues, without it is retired.
     *
     * @param imported what {@link #check} found good
     */
    @Transactional(propagation = Propagation.MANDATORY)
    Authority take(Cluster cluster, ImportedAuthority imported, String actor) {
        Certificate certificate = Certificate.getInstance(imported.certificate());
        IssuerFacts facts = IssuerFacts.of(imported.certificate());

        // 1. The key, sealed before anything refers to it
        ImportedKey key = readKey(imported);
        UUID sealed = key == null ? null : keys.take(key).id();

        // 2. The record
        KeyAlgorithm algorithm =
                KeyAlgorithms.of(certificate.getSubjectPublicKeyInfo()).orElseThrow();
        Authority authority = authorities.saveAndFlush(new Authority(
                cluster.name() + "-" + imported.kind().label() + "-1",
                cluster.name(),
                imported.kind(),
                1,
                facts.name().toString(),
                algorithm,
                facts.keyId(),
                sealed,
                certificate.getSerialNumber().getValue(),
                imported.certificate(),
                facts.validity().notBefore(),
                facts.validity().notAfter(),
                cluster.statusUrl(),
                cluster.crlShards(),
                true));
        audit.append(
                actor,
                new AuditEvent.AuthorityImported(
                        cluster.name(),
                        authority.name(),
                        authority.subject(),
                        sealed != null,
                        authority.notAfter().toString()));
        return authority;
    }
}
