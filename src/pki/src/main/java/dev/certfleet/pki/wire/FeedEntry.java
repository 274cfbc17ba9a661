package dev.certfleet.pki.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One change of a certificate that a Kubernetes API server may be shown.
 *
 * @param sequence the entry's place in the cluster's history, rising without gaps that matter to a reader
 * @param kind {@code issued}, {@code revoked} or {@code released} (a certificateHold taken back)
 * @param id SHA-256 fingerprint, lowercase hexadecimal
 * @param certificate the certificate's DER encoding in base64, for every kind, so that a reader needs no earlier entry
 * @param reason the revocation's reason (RFC 5280 name); null unless revoked
 * @param at RFC 3339
 * @param addresses of a revocation: the addresses of the node that holds the certificate, whose connections are to be ended;
 *     empty where no node does
 */
public record FeedEntry(
        long sequence,
        String kind,
        String id,
        String certificate,
        @Nullable String reason,
        String at,
        List<String> addresses) {}
