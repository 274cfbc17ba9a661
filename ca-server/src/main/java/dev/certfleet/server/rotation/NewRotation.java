package dev.certfleet.server.rotation;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.server.authority.Authority;
import org.jspecify.annotations.Nullable;

/**
 * What an operator asks for.
 *
 * @param cluster null for the installation's own authority
 * @param keyAlgorithm of the new key; null for that of the authority that issues now
 * @param outside what the trust bundles are to hold, where the new key's certificate comes from outside; null where it signs
 *     itself
 */
public record NewRotation(
        @Nullable String cluster,
        AuthorityKind kind,
        @Nullable KeyAlgorithm keyAlgorithm,
        Authority.@Nullable Anchor outside) {}
