package dev.certfleet.server.authority;

import dev.certfleet.server.x509.Violation;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Whether a certificate from outside makes an authority that Kubernetes' components will take. They validate paths as Go does,
 * which is stricter in places than RFC 5280 section 6: it is checked here, once, and not found out by a cluster that is down.
 *
 * @param certificates the authority's own first, each followed by its issuer's, the root last
 */
record OutsideChain(List<X509Certificate> certificates) {
    /** With the authority's own. */
    static final int LONGEST = 5;

    /** Leaves live 30 days; there has to be time for them and for the next rotation. */
    static final Duration SHORTEST_LIFE = Duration.ofDays(90);

    private static final int KEY_CERT_SIGN = 5;
    private static final int CRL_SIGN = 6;
    private static final int WEAKEST_RSA = 2048;
    private static final int WEAKEST_EC = 256;
    private static final String NAME_CONSTRAINTS = "2.5.29.30";
    private static final String SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
    /** basicConstraints, keyUsage, extKeyUsage, certificatePolicies; name constraints have a rule of their own. */
    private static final Set<String> UNDERSTOOD =
            Set.of("2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.32", NAME_CONSTRAINTS);

    private static final String ANY_PURPOSE = "2.5.29.37.0";
    private static final List<String> SERVER_AND_CLIENT = List.of("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");

    /**
     * Every rule that is broken.
     *
     * @param subject the requested subject, DER
     * @param key the requested public key
     */
    List<Violation> violations(byte[] subject, PublicKey key, Instant now) {
        List<Violation> found = new ArrayList<>();
        X509Certificate own = certificates.getFirst();
        if (!Arrays.equals(own.getPublicKey().getEncoded(), key.getEncoded())) {
            found.add(new Violation("key", "the first certificate is for another key than the request"));
        }
        if (!Arrays.equals(own.getSubjectX500Principal().getEncoded(), subject)) {
            found.add(
                    new Violation("subject", "the first certificate's subject is not the requested one: " + name(own)));
        }
        if (own.getExtensionValue(SUBJECT_KEY_IDENTIFIER) == null) {
            found.add(new Violation("key-identifier", "the first certificate has no subjectKeyIdentifier"));
        }
        if (certificates.size() > LONGEST) {
            found.add(new Violation("chain", "a chain has at most " + LONGEST + " certificates"));
            return found;
        }
        linked(found);
        for (int place = 0; place < certificates.size(); place++) {
            isAuthority(certificates.get(place), place, found);
            lives(certificates.get(place), now, found);
        }
        return found;
    }

    /** When the first of them ends: nothing that the authority issues may live longer. */
    Instant notAfter() {
        return certificates.stream()
                .map(certificate -> certificate.getNotAfter().toInstant())
                .min(Instant::compareTo)
                .orElseThrow();
    }

    private void linked(List<Violation> found) {
        for (int place = 0; place < certificates.size(); place++) {
            X509Certificate certificate = certificates.get(place);
            boolean last = place == certificates.size() - 1;
            X509Certificate issuer = last ? certificate : certificates.get(place + 1);
            if (!Arrays.equals(
                    certificate.getIssuerX500Principal().getEncoded(),
                    issuer.getSubjectX500Principal().getEncoded())) {
                found.add(new Violation(
                        "chain",
                        last
                                ? "the last certificate, " + name(certificate) + ", is no self-signed root"
                                : name(certificate) + " is not followed by its issuer's certificate"));
            } else if (!isSignedBy(certificate, issuer.getPublicKey())) {
                found.add(new Violation("signature", "the signature of " + name(certificate) + " does not verify"));
            }
            String algorithm = certificate.getSigAlgName().toUpperCase(Locale.ROOT);
            if (!last && (algorithm.contains("SHA1") || algorithm.contains("MD5"))) {
                found.add(new Violation("signature", name(certificate) + " is signed with " + algorithm));
            }
        }
    }

    private static boolean isSignedBy(X509Certificate certificate, PublicKey key) {
        try {
            certificate.verify(key);
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** @param place how many authorities are below it */
    private static void isAuthority(X509Certificate certificate, int place, List<Violation> found) {
        String name = name(certificate);
        int below = certificate.getBasicConstraints();
        if (below < 0) {
            found.add(new Violation("basic-constraints", name + " is no CA's certificate"));
        } else if (below < place) {
            found.add(new Violation(
                    "path-length", name + " allows " + below + " authorities below it, and there are " + place));
        }
        boolean[] uses = certificate.getKeyUsage();
        boolean mayBeSilent = place > 0;
        if (uses == null ? !mayBeSilent : !uses[KEY_CERT_SIGN] || (place == 0 && !uses[CRL_SIGN])) {
            found.add(
                    new Violation("key-usage", name + " may not sign certificates" + (place == 0 ? " and CRLs" : "")));
        }
        if (certificate.getExtensionValue(NAME_CONSTRAINTS) != null) {
            found.add(new Violation(
                    "name-constraints",
                    name + " has name constraints: Go refuses directory names in them, and names such as"
                            + " kubernetes.default.svc, localhost and a node's addresses are within none"));
        }
        purposes(certificate, name, found);
        Set<String> critical = certificate.getCriticalExtensionOIDs();
        if (critical != null) {
            critical.stream()
                    .filter(id -> !UNDERSTOOD.contains(id))
                    .sorted()
                    .forEach(id ->
                            found.add(new Violation("critical-extension", name + " has the critical extension " + id)));
        }
        if (isWeak(certificate.getPublicKey())) {
            found.add(new Violation("key-size", "the key of " + name + " is too weak"));
        }
    }

    /** Go takes the purposes of an authority as bounds of what is below it. */
    private static void purposes(X509Certificate certificate, String name, List<Violation> found) {
        try {
            List<String> purposes = certificate.getExtendedKeyUsage();
            if (purposes != null && !purposes.contains(ANY_PURPOSE) && !purposes.containsAll(SERVER_AND_CLIENT)) {
                found.add(new Violation("extended-key-usage", name + " is not for both TLS servers and TLS clients"));
            }
        } catch (GeneralSecurityException e) {
            found.add(new Violation("extended-key-usage", "the purposes of " + name + " cannot be read"));
        }
    }

    private static boolean isWeak(PublicKey key) {
        return switch (key) {
            case RSAPublicKey rsa -> rsa.getModulus().bitLength() < WEAKEST_RSA;
            case ECPublicKey ec -> ec.getParams().getOrder().bitLength() < WEAKEST_EC;
            default -> false;
        };
    }

    private static void lives(X509Certificate certificate, Instant now, List<Violation> found) {
        Instant from = certificate.getNotBefore().toInstant();
        Instant until = certificate.getNotAfter().toInstant();
        if (now.isBefore(from) || until.isBefore(now.plus(SHORTEST_LIFE))) {
            found.add(new Violation(
                    "validity",
                    name(certificate) + " is valid from " + from + " to " + until + "; it has to be now, and for "
                            + SHORTEST_LIFE.toDays() + " days more"));
        }
    }

    private static String name(X509Certificate certificate) {
        Principal subject = certificate.getSubjectX500Principal();
        return "'" + subject.getName() + "'";
    }
}
