package dev.certfleet.server.ledger;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.x509.Fingerprint;
import org.jspecify.annotations.Nullable;

/**
 * Which revocations to list; every part that is null does not narrow.
 *
 * @param cluster the cluster's name
 * @param certificate the revoked certificate
 * @param node the name of the node that holds it
 * @param reason why it was revoked
 * @param inForce whether it was not released
 */
public record RevocationSearch(
        @Nullable String cluster,
        @Nullable Fingerprint certificate,
        @Nullable String node,
        @Nullable RevocationReason reason,
        @Nullable Boolean inForce) {}
