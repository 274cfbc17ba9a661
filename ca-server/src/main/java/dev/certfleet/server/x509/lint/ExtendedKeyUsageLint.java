package dev.certfleet.server.x509.lint;

import dev.certfleet.server.x509.Purpose;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;

/**
 * RFC 5280 section 4.2.1.12: the purposes that were meant and no other, least of all {@code anyExtendedKeyUsage}; none in an
 * authority, where they would bind what is below.
 */
final class ExtendedKeyUsageLint implements Lint {
    @Override
    public String name() {
        return "extended-key-usage";
    }

    @Override
    public List<String> check(Twin twin) {
        ExtendedKeyUsage usage = ExtendedKeyUsage.getInstance(twin.value(Extension.extendedKeyUsage));
        Set<KeyPurposeId> said =
                usage == null ? Set.of() : Stream.of(usage.getUsages()).collect(Collectors.toSet());
        Set<KeyPurposeId> meant =
                twin.contents().purposes().stream().map(Purpose::id).collect(Collectors.toSet());
        boolean fits = switch (twin.kind()) {
            case LEAF -> !said.isEmpty() && !said.contains(Purpose.OCSP_SIGNING.id());
            case OCSP_RESPONDER -> said.equals(Set.of(Purpose.OCSP_SIGNING.id()));
            case AUTHORITY, CROSS_CERTIFIED -> usage == null;
        };
        return Lint.unless(fits && said.equals(meant), "extKeyUsage does not fit the certificate's kind or contents");
    }
}
