package dev.certfleet.agent.gate;

import dev.certfleet.pki.RevocationReason;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * Hears of each revocation the moment the feed tells of it, on the thread that reads the feed: it must not wait. A history
 * that is read again tells of old ones again.
 */
@FunctionalInterface
public interface RevocationListener {
    void revoked(Revoked revocation);

    /**
     * @param id the certificate's fingerprint, lowercase hexadecimal
     * @param at when the server revoked it
     * @param addresses those of the node that holds it; empty where no node does
     */
    record Revoked(
            String id, X509Certificate certificate, RevocationReason reason, Instant at, List<String> addresses) {}
}
