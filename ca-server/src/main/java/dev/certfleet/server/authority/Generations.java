package dev.certfleet.server.authority;

import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** Lets the next generation of an authority issue, and takes those before it out of the trust bundles. */
@Component
public class Generations {
    private final AuthorityRepository authorities;
    private final AuditLog audit;

    Generations(AuthorityRepository authorities, AuditLog audit) {
        this.authorities = authorities;
        this.audit = audit;
    }

    /**
     * Lets an incoming authority issue in place of the one that does, which stays trusted. In the caller's transaction, which
     * keeps certificates from being recorded; an authority that issues already is left as it is.
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public void activate(String name) {
        Authority incoming = authorities.findById(name).orElseThrow();
        if (incoming.is(Authority.State.ACTIVE)) {
            return;
        }
        if (!incoming.is(Authority.State.INCOMING)) {
            throw new IllegalStateException(name + " is " + incoming.state() + " and can issue nothing");
        }
        for (Authority other :
                authorities.generations(incoming.cluster(), incoming.kind().label())) {
            if (other.is(Authority.State.ACTIVE)) {
                other.become(Authority.State.RETIRED);
                authorities.saveAndFlush(other);
            }
        }
        incoming.become(Authority.State.ACTIVE);
        authorities.saveAndFlush(incoming);
    }

    /**
     * Takes one out of the trust bundles, in the caller's transaction; doing it again changes nothing. Whether another issues
     * is for the caller to see to.
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public void withdraw(String name, String successor, String actor) {
        Authority authority = authorities.findById(name).orElseThrow();
        if (!authority.isWithdrawn()) {
            authority.become(Authority.State.WITHDRAWN);
            authorities.saveAndFlush(authority);
            audit.append(actor, new AuditEvent.AuthorityWithdrawn(authority.cluster(), name, successor, null));
        }
    }

    /**
     * Takes an incoming authority out of the trust bundles again, in the caller's transaction.
     *
     * @return false where it issues by now
     */
    @Transactional(propagation = Propagation.MANDATORY)
    public boolean withdrawIncoming(String name, String stays, String actor) {
        boolean incoming = authorities.findById(name).orElseThrow().is(Authority.State.INCOMING);
        if (incoming) {
            withdraw(name, stays, actor);
        }
        return incoming;
    }
}
