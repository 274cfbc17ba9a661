package dev.certfleet.server.x509.lint;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x509.Extension;

/**
 * RFC 5280 section 4.2: a critical extension that a relying party does not know makes it refuse the certificate. Only the two that
 * everybody knows are.
 */
final class CriticalExtensionLint implements Lint {
    private static final Set<ASN1ObjectIdentifier> KNOWN = Set.of(Extension.basicConstraints, Extension.keyUsage);

    @Override
    public String name() {
        return "critical-extension";
    }

    @Override
    public List<String> check(Twin twin) {
        return Stream.of(twin.certificate().getExtensions().getCriticalExtensionOIDs())
                .filter(id -> !KNOWN.contains(id))
                .map(id -> "the extension " + id + " is critical")
                .toList();
    }
}
