package dev.certfleet.server.adoption;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.X509CertificateHolder;

/** The subject alternative names of a certificate that others issued (RFC 5280 section 4.2.1.6), as the ledger keeps them. */
final class AlternativeNames {
    private AlternativeNames() {}

    static List<String> dns(X509CertificateHolder certificate) {
        return of(certificate, GeneralName.dNSName)
                .map(name -> ((ASN1String) name.getName()).getString())
                .toList();
    }

    static List<String> addresses(X509CertificateHolder certificate) {
        return of(certificate, GeneralName.iPAddress)
                .map(name -> address(ASN1OctetString.getInstance(name.getName()).getOctets()))
                .toList();
    }

    private static Stream<GeneralName> of(X509CertificateHolder certificate, int tag) {
        if (certificate.getExtension(Extension.subjectAlternativeName) == null) {
            return Stream.empty();
        }
        GeneralNames names = GeneralNames.fromExtensions(certificate.getExtensions(), Extension.subjectAlternativeName);
        return Stream.of(names.getNames()).filter(name -> name.getTagNo() == tag);
    }

    private static String address(byte[] octets) {
        try {
            return InetAddress.getByAddress(octets).getHostAddress();
        } catch (UnknownHostException e) {
            return "of " + octets.length + " octets";
        }
    }
}
