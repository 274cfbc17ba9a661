package dev.certfleet.pki.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One certificate that a node has to hold.
 *
 * @param profile the profile's label
 * @param keyAlgorithm the key algorithm's label
 * @param commonName the subject's common name, as it will be issued
 * @param dnsNames the DNS names it will carry; a change of these means: renew now
 * @param addresses the IP addresses it will carry, textual
 * @param renewBefore RFC 3339: certificates of this profile that were issued before this time have to be renewed now; null
 *     where the server asks for nothing
 */
public record AssignedCertificate(
        String profile,
        String keyAlgorithm,
        String commonName,
        List<String> dnsNames,
        List<String> addresses,
        @Nullable String renewBefore) {}
