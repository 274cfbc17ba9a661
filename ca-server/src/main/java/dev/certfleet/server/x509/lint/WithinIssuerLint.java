package dev.certfleet.server.x509.lint;

import dev.certfleet.server.x509.CertificateContents;
import dev.certfleet.server.x509.Validity;
import java.time.Instant;
import java.util.List;

/**
 * Path validation (RFC 5280 section 6.1.3) wants every certificate of the path to be valid at once: none outlives its issuer, or
 * begins before it by more than the clocks of two servers and the backdating explain.
 */
final class WithinIssuerLint implements Lint {
    @Override
    public String name() {
        return "within-issuer";
    }

    @Override
    public List<String> check(Twin twin) {
        Validity own = new Validity(
                twin.certificate().getNotBefore().toInstant(),
                twin.certificate().getNotAfter().toInstant());
        Instant earliest = twin.issuer().validity().notBefore().minus(CertificateContents.BACKDATING);
        return Lint.unless(
                new Validity(earliest, twin.issuer().validity().notAfter()).encloses(own),
                "it is valid from " + own.notBefore() + " to " + own.notAfter() + ", its issuer from "
                        + twin.issuer().validity().notBefore() + " to "
                        + twin.issuer().validity().notAfter());
    }
}
