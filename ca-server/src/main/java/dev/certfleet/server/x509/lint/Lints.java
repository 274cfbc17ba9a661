package dev.certfleet.server.x509.lint;

import dev.certfleet.server.x509.Violation;
import java.util.List;
import java.util.stream.Stream;

/**
 * All lints. That no extension is there twice (RFC 5280 section 4.2) is not among them: such a certificate could not have been read.
 */
public final class Lints {
    static final List<Lint> ALL = List.of(
            new SerialNumberLint(),
            new SignatureAlgorithmLint(),
            new DistinguishedNamesLint(),
            new ValidityEncodingLint(),
            new WithinIssuerLint(),
            new CriticalExtensionLint(),
            new KeyIdentifierLint(),
            new BasicConstraintsLint(),
            new KeyUsageLint(),
            new ExtendedKeyUsageLint(),
            new AlternativeNamesLint(),
            new CommonNameLint(),
            new StatusUrlsLint(),
            new ResponderLint(),
            new SizeLint());

    private Lints() {}

    /** What breaks any of them, by the lint's name; a lint that cannot read what it looks at is broken too. */
    public static List<Violation> check(Twin twin) {
        return ALL.stream().flatMap(lint -> check(lint, twin)).toList();
    }

    private static Stream<Violation> check(Lint lint, Twin twin) {
        try {
            return lint.check(twin).stream().map(finding -> new Violation(lint.name(), finding));
        } catch (RuntimeException e) {
            return Stream.of(new Violation(lint.name(), "it cannot be read: " + e));
        }
    }
}
