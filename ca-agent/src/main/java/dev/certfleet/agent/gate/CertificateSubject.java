package dev.certfleet.agent.gate;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.certfleet.pki.der.DerException;
import dev.certfleet.pki.der.DerReader;
import dev.certfleet.pki.der.Tag;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/**
 * Whom kube-apiserver takes a certificate's holder for.
 *
 * @param user the subject's common name; empty where it has none, and then kube-apiserver takes it for nobody
 * @param groups its organizations
 */
public record CertificateSubject(String user, List<String> groups) {
    private static final String COMMON_NAME = "2.5.4.3";
    private static final String ORGANIZATION = "2.5.4.10";

    public CertificateSubject {
        groups = List.copyOf(groups);
    }

    /** Name (RFC 5280 section 4.1.2.4): a sequence of sets of attributes. Of several common names the last counts, as in Go. */
    public static CertificateSubject of(X509Certificate certificate) {
        String user = "";
        List<String> groups = new ArrayList<>();
        try {
            DerReader names = DerReader.of(certificate.getSubjectX500Principal().getEncoded())
                    .sequence();
            while (names.hasMore()) {
                DerReader attributes = names.enter(Tag.SET);
                while (attributes.hasMore()) {
                    DerReader attribute = attributes.sequence();
                    String type = attribute.objectIdentifier();
                    if (type.equals(COMMON_NAME)) {
                        user = text(attribute);
                    } else if (type.equals(ORGANIZATION)) {
                        groups.add(text(attribute));
                    }
                }
            }
        } catch (DerException e) {
            throw new IllegalArgumentException("a subject that the JDK read is not DER", e);
        }
        return new CertificateSubject(user, groups);
    }

    /** Printable and UTF-8 strings are all that certfleet writes. */
    private static String text(DerReader attribute) throws DerException {
        int tag = attribute.nextIs(Tag.PRINTABLE_STRING)
                ? Tag.PRINTABLE_STRING
                : attribute.nextIs(Tag.IA5_STRING) ? Tag.IA5_STRING : Tag.UTF8_STRING;
        return new String(attribute.contents(tag), UTF_8);
    }
}
