package dev.certfleet.server.x509;

import java.net.InetAddress;
import java.util.List;

/**
 * What a certificate's subjectAltName holds, without repetitions and in the given order (RFC 5280 section 4.2.1.6).
 *
 * @param dnsNames in lower case
 * @param addresses IPv4 or IPv6
 */
public record SubjectAlternativeNames(List<String> dnsNames, List<InetAddress> addresses) {
    /** No names: the certificate has no subjectAltName. */
    public static final SubjectAlternativeNames NONE = new SubjectAlternativeNames(List.of(), List.of());

    public SubjectAlternativeNames {
        dnsNames = dnsNames.stream().distinct().toList();
        addresses = addresses.stream().distinct().toList();
    }

    public boolean isEmpty() {
        return dnsNames.isEmpty() && addresses.isEmpty();
    }
}
