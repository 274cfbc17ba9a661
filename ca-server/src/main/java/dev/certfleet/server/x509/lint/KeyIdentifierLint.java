package dev.certfleet.server.x509.lint;

import dev.certfleet.server.x509.KeyIds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;

/**
 * RFC 5280 sections 4.2.1.1 and 4.2.1.2: its own key identifier and the issuer's, which is how chains are built when an authority has
 * been rotated.
 */
final class KeyIdentifierLint implements Lint {
    @Override
    public String name() {
        return "key-identifier";
    }

    @Override
    public List<String> check(Twin twin) {
        List<String> findings = new ArrayList<>();
        SubjectKeyIdentifier own = SubjectKeyIdentifier.getInstance(twin.value(Extension.subjectKeyIdentifier));
        findings.addAll(Lint.unless(
                own != null
                        && Arrays.equals(
                                own.getKeyIdentifier(),
                                KeyIds.of(twin.contents().key())),
                "the subject key identifier is not that of its key"));
        AuthorityKeyIdentifier issuer =
                AuthorityKeyIdentifier.getInstance(twin.value(Extension.authorityKeyIdentifier));
        findings.addAll(Lint.unless(
                issuer != null
                        && Arrays.equals(
                                issuer.getKeyIdentifierOctets(), twin.issuer().keyId()),
                "the authority key identifier is not the issuer's"));
        return findings;
    }
}
