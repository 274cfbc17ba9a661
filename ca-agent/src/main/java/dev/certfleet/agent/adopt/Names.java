package dev.certfleet.agent.adopt;

import dev.certfleet.pki.wire.AssignedCertificate;
import java.net.InetAddress;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** The subject alternative names of a certificate that is to be replaced, and of what replaces it. */
final class Names {
    private static final int DNS = 2;
    private static final int ADDRESS = 7;

    private Names() {}

    /** Names that the certificate has and its successor will not: whoever connects by them will fail. */
    static Set<String> lost(X509Certificate now, AssignedCertificate next) {
        Set<String> lost = of(now);
        lost.removeAll(of(next));
        return lost;
    }

    /** Names that the certificate lacks and its successor will have. */
    static Set<String> gained(X509Certificate now, AssignedCertificate next) {
        Set<String> gained = of(next);
        gained.removeAll(of(now));
        return gained;
    }

    private static Set<String> of(AssignedCertificate certificate) {
        Set<String> names = new TreeSet<>();
        certificate.dnsNames().forEach(name -> names.add(name.toLowerCase(Locale.ROOT)));
        certificate.addresses().forEach(address -> names.add(canonical(address)));
        return names;
    }

    private static Set<String> of(X509Certificate certificate) {
        Set<String> names = new TreeSet<>();
        try {
            Collection<List<?>> all = certificate.getSubjectAlternativeNames();
            if (all != null) {
                for (List<?> one : all) {
                    if (one.get(0).equals(DNS)) {
                        names.add(String.valueOf(one.get(1)).toLowerCase(Locale.ROOT));
                    } else if (one.get(0).equals(ADDRESS)) {
                        names.add(canonical(String.valueOf(one.get(1))));
                    }
                }
            }
        } catch (CertificateParsingException e) {
            throw new IllegalArgumentException("its names cannot be read", e);
        }
        return names;
    }

    private static String canonical(String address) {
        return InetAddress.ofLiteral(address).getHostAddress();
    }
}
