package dev.certfleet.server.x509.lint;

import dev.certfleet.server.x509.HostNames;
import dev.certfleet.server.x509.Purpose;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;

/**
 * RFC 5280 section 4.2.1.6: a server has names (RFC 9525 looks nowhere else), they are the names that were meant, host names in lower
 * case and addresses of 4 or 16 octets.
 */
final class AlternativeNamesLint implements Lint {
    @Override
    public String name() {
        return "alternative-names";
    }

    @Override
    public List<String> check(Twin twin) {
        GeneralNames names = GeneralNames.getInstance(twin.value(Extension.subjectAlternativeName));
        if (names == null) {
            return Lint.unless(
                    twin.contents().names().isEmpty()
                            && !twin.contents().purposes().contains(Purpose.SERVER),
                    "a server without subjectAltName");
        }
        List<String> findings = new ArrayList<>();
        List<String> dnsNames = new ArrayList<>();
        List<InetAddress> addresses = new ArrayList<>();
        for (GeneralName name : names.getNames()) {
            switch (name.getTagNo()) {
                case GeneralName.dNSName -> dnsNames.add(((ASN1String) name.getName()).getString());
                case GeneralName.iPAddress -> addresses.add(address(((ASN1OctetString) name.getName()).getOctets()));
                default -> findings.add("an alternative name of type " + name.getTagNo());
            }
        }
        dnsNames.stream()
                .filter(name -> !HostNames.isDnsName(name))
                .map(name -> "not a host name: " + name)
                .forEach(findings::add);
        findings.addAll(Lint.unless(
                dnsNames.equals(twin.contents().names().dnsNames())
                        && addresses.equals(twin.contents().names().addresses()),
                "the alternative names are not those that were meant"));
        return findings;
    }

    private static InetAddress address(byte[] octets) {
        try {
            return InetAddress.getByAddress(octets);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("an address of " + octets.length + " octets", e);
        }
    }
}
