package dev.certfleet.server.authority;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.server.signing.Issuer;
import dev.certfleet.server.signing.SigningKey;
import dev.certfleet.server.signing.SigningKeys;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Finds authorities, and what signs for them. */
@Component
public class Authorities {
    private final AuthorityRepository authorities;
    private final SigningKeys keys;

    Authorities(AuthorityRepository authorities, SigningKeys keys) {
        this.authorities = authorities;
        this.keys = keys;
    }

    /**
     * The authority that issues now.
     *
     * @param cluster null for {@link AuthorityKind#INSTALLATION}
     */
    public Optional<Authority> active(@Nullable String cluster, AuthorityKind kind) {
        return cluster == null
                ? authorities.findByClusterIsNullAndKindAndState(kind.label(), "active")
                : authorities.findByClusterAndKindAndState(cluster, kind.label(), "active");
    }

    public Optional<Authority> named(String name) {
        return authorities.findById(name);
    }

    /** All of the installation, its own included, by name. */
    public List<Authority> all() {
        return authorities.findAllByOrderByName();
    }

    /** Differs from what it was before where authorities were made since. */
    public String state() {
        return authorities.state();
    }

    public List<Authority> ofCluster(String cluster) {
        return authorities.findByClusterOrderByName(cluster);
    }

    /** What signs certificates for an authority. */
    public Issuer issuer(Authority authority) {
        return new Issuer(signingKey(authority));
    }

    /**
     * The authority's key, for what signs CRLs with it.
     *
     * @throws IllegalStateException where it is not {@link Authority#canSign}
     */
    public SigningKey signingKey(Authority authority) {
        return keys.open(authority
                .sealedKey()
                .orElseThrow(() -> new IllegalStateException("the key of " + authority.name() + " is not here")));
    }
}
