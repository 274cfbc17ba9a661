package dev.certfleet.server.x509;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;

/**
 * A certificate's subject: organizations (groups, to Kubernetes) and one common name (the user). Encoded as O … O CN, each in
 * a relative distinguished name of its own, UTF8String, as kubeadm does.
 *
 * @param commonName at most {@value #MAX_COMMON_NAME} characters, where there is to be a certificate (RFC 5280 appendix A.1,
 *     ub-common-name)
 * @param organizations at most {@value #MAX_ORGANIZATION} characters each (ub-organization-name)
 */
public record Subject(String commonName, List<String> organizations) {
    /** ub-common-name of RFC 5280 appendix A.1, in characters. */
    public static final int MAX_COMMON_NAME = 64;

    /** ub-organization-name of RFC 5280 appendix A.1, in characters. */
    public static final int MAX_ORGANIZATION = 64;

    public Subject {
        organizations = List.copyOf(organizations);
        if (commonName.isBlank()) {
            throw new IllegalArgumentException("a subject needs a common name");
        }
    }

    /**
     * The name for Bouncy Castle.
     *
     * @throws IllegalArgumentException where a part is too long
     */
    public X500Name toName() {
        X500NameBuilder name = new X500NameBuilder(BCStyle.INSTANCE);
        organizations.forEach(organization -> name.addRDN(BCStyle.O, organization));
        return name.addRDN(BCStyle.CN, commonName).build();
    }

    /** For people: {@code O=system:nodes, CN=system:node:worker-1}. */
    @Override
    public String toString() {
        return Stream.concat(
                        organizations.stream().map(organization -> "O=" + organization), Stream.of("CN=" + commonName))
                .collect(Collectors.joining(", "));
    }
}
