package dev.certfleet.pki.wire;

import org.jspecify.annotations.Nullable;

/**
 * What is to become of a CertificateSigningRequest.
 *
 * @param decision {@code approve}, {@code deny}, {@code sign}, {@code fail}, or {@code leave} it as it is
 * @param reason for the condition, or why it is left, one word
 * @param message for the condition, or why it is left, in words
 * @param certificate with {@code sign}: the certificate, PEM; null otherwise
 */
public record CsrDecision(
        String decision,
        String reason,
        String message,
        @Nullable String certificate) {}
