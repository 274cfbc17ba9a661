package dev.certfleet.server.authority;

import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.x509.Serial;
import java.util.Objects;
import java.util.Optional;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * Takes an authority out of the trust bundles and lets the next generation of its kind issue. It is how a certificate ends
 * that no other means reaches, and it ends every certificate of that generation. OCSP and CRL go on answering for it.
 */
@Component
public class SucceedAuthority {
    private final AuthorityRepository authorities;
    private final Clusters clusters;
    private final CreateAuthority create;
    private final AuditLog audit;

    SucceedAuthority(AuthorityRepository authorities, Clusters clusters, CreateAuthority create, AuditLog audit) {
        this.authorities = authorities;
        this.clusters = clusters;
        this.create = create;
        this.audit = audit;
    }

    /**
     * In the caller's transaction, which keeps certificates from being recorded and others from doing the same.
     *
     * @param name the authority of a cluster
     * @param revoked the serial for whose sake it happens
     * @return the successor; empty where it was withdrawn before
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public Optional<Authority> succeed(String name, Serial revoked, String actor) {
        Authority authority = authorities.findById(name).orElseThrow();
        if (authority.isWithdrawn()) {
            return Optional.empty();
        }
        boolean issues = authority.is(Authority.State.ACTIVE);
        authority.become(Authority.State.WITHDRAWN);
        authorities.saveAndFlush(authority);
        Cluster cluster =
                clusters.named(Objects.requireNonNull(authority.cluster())).orElseThrow();
        Authority successor = issues
                ? incoming(authority)
                        .orElseGet(() -> create.create(
                                cluster.name(),
                                authority.kind(),
                                cluster.facts().keyAlgorithm(),
                                cluster.statusUrl(),
                                cluster.crlShards(),
                                actor))
                : authorities
                        .findByClusterAndKindAndState(
                                cluster.name(), authority.kind().label(), Authority.State.ACTIVE.label())
                        .orElseThrow();
        audit.append(actor, new AuditEvent.AuthorityWithdrawn(cluster.name(), name, successor.name(), revoked.hex()));
        return Optional.of(successor);
    }

    /** Where a rotation is under way, its new authority is trusted already, and issues from now on. */
    private Optional<Authority> incoming(Authority withdrawn) {
        Optional<Authority> incoming = authorities.findByClusterAndKindAndState(
                Objects.requireNonNull(withdrawn.cluster()),
                withdrawn.kind().label(),
                Authority.State.INCOMING.label());
        incoming.ifPresent(next -> {
            next.become(Authority.State.ACTIVE);
            authorities.saveAndFlush(next);
        });
        return incoming;
    }
}
