package dev.certfleet.server.x509.lint;

import dev.certfleet.server.x509.CertificateContents;
import dev.certfleet.server.x509.HostNames;
import dev.certfleet.server.x509.Purpose;
import java.util.List;

/**
 * RFC 9525 section 2: names of servers are in subjectAltName. A server's common name that looks like one (an address, or a host name
 * of several labels; {@code kube-apiserver} is a user, not a host) has to be there too, or old clients trust what new ones do not.
 */
final class CommonNameLint implements Lint {
    @Override
    public String name() {
        return "common-name";
    }

    @Override
    public List<String> check(Twin twin) {
        CertificateContents contents = twin.contents();
        String name = contents.subject().commonName();
        boolean hostName = name.contains(".") && HostNames.isDnsName(name);
        boolean covered = !contents.purposes().contains(Purpose.SERVER)
                || (hostName && contents.names().dnsNames().contains(name))
                || HostNames.address(name)
                        .map(contents.names().addresses()::contains)
                        .orElse(!hostName);
        return Lint.unless(covered, "the common name " + name + " is not among the alternative names");
    }
}
