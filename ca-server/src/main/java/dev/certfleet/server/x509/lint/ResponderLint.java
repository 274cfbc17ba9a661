package dev.certfleet.server.x509.lint;

import dev.certfleet.server.x509.CertificateContents.Kind;
import java.time.Duration;
import java.util.List;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;

/**
 * RFC 6960 section 4.2.2.2.1: an OCSP responder, and nothing else, is exempt from being checked; it has to be short-lived, as it
 * cannot be revoked.
 */
final class ResponderLint implements Lint {
    private static final Duration LONGEST = Duration.ofDays(31);

    @Override
    public String name() {
        return "ocsp-responder";
    }

    @Override
    public List<String> check(Twin twin) {
        boolean responder = twin.kind() == Kind.OCSP_RESPONDER;
        boolean exempt = twin.has(OCSPObjectIdentifiers.id_pkix_ocsp_nocheck);
        Duration life = Duration.between(
                twin.contents().validity().notBefore(),
                twin.contents().validity().notAfter());
        return Lint.unless(
                responder == exempt && (!responder || life.compareTo(LONGEST) <= 0),
                "id-pkix-ocsp-nocheck is missing, out of place, or in a certificate of more than " + LONGEST);
    }
}
