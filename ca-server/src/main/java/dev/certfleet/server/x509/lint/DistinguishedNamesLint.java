package dev.certfleet.server.x509.lint;

import dev.certfleet.server.x509.CertificateContents.Kind;
import dev.certfleet.server.x509.Subject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;

/**
 * RFC 5280 sections 4.1.2.4 and 4.1.2.6 and its upper bounds: the issuer's name octet for octet, as path building compares it; one
 * common name; nothing longer than allowed; an authority that signs itself has its own name as issuer, nobody else has.
 */
final class DistinguishedNamesLint implements Lint {
    @Override
    public String name() {
        return "distinguished-names";
    }

    @Override
    public List<String> check(Twin twin) {
        X500Name subject = twin.certificate().getSubject();
        List<String> findings = new ArrayList<>(Lint.unless(
                same(twin.certificate().getIssuer(), twin.issuer().name()), "the issuer is not the issuer's subject"));
        findings.addAll(
                Lint.unless(
                        same(subject, twin.certificate().getIssuer()) == (twin.kind() == Kind.AUTHORITY),
                        "subject and issuer are the same name in a certificate that is not self-signed, or differ in one that is"));
        findings.addAll(Lint.unless(subject.getRDNs(BCStyle.CN).length == 1, "the subject has not one common name"));
        for (RDN rdn : subject.getRDNs()) {
            String value = ((ASN1String) rdn.getFirst().getValue()).getString();
            int limit =
                    BCStyle.CN.equals(rdn.getFirst().getType()) ? Subject.MAX_COMMON_NAME : Subject.MAX_ORGANIZATION;
            findings.addAll(Lint.unless(
                    !rdn.isMultiValued() && !value.isBlank() && value.length() <= limit,
                    "'" + value + "' in the subject is empty or longer than " + limit + " characters"));
        }
        return findings;
    }

    private static boolean same(X500Name one, X500Name other) {
        try {
            return Arrays.equals(one.getEncoded(), other.getEncoded());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
