package dev.certfleet.server.x509;

import dev.certfleet.server.x509.CertificationRequest.Attribute;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.KeyUsage;

/**
 * Compares what a request asks for with what its holder gets. Asking for less is fine: the certificate is made of what is on
 * record, never of the request. Asking for more is a violation, one for each thing asked.
 */
final class RequestRules {
    /** More alternative names than this are not even looked at. */
    static final int MAX_NAMES = 100;

    private static final Set<String> PRIVILEGED_GROUPS = Set.of("system:masters", "kubeadm:cluster-admins");

    private final Subject subject;
    private final SubjectAlternativeNames names;
    private final Set<Purpose> purposes;
    private final Set<String> reservedNames;
    private final Set<InetAddress> reservedAddresses;
    private final List<Violation> violations = new ArrayList<>();

    RequestRules(Profile profile, Holder holder) {
        this.subject = profile.subject().apply(holder);
        this.names = profile.names().apply(holder);
        this.purposes = profile.purposes();
        Optional<ClusterFacts> cluster = switch (holder) {
            case Holder.Node node -> Optional.of(node.cluster());
            case Holder.ClusterUser user -> Optional.of(user.cluster());
            case Holder.NamedUser user -> Optional.of(user.cluster());
            case Holder.Installation _ -> Optional.empty();
        };
        this.reservedNames = cluster.map(NodeNames::reservedNames).orElse(Set.of());
        this.reservedAddresses = cluster.map(NodeNames::reservedAddresses).orElse(Set.of());
    }

    List<Violation> check(CertificationRequest request) {
        request.subject().forEach(this::subjectAttribute);
        alternativeNames(request.wishes().names());
        wishes(request.wishes());
        return List.copyOf(violations);
    }

    private void subjectAttribute(Attribute attribute) {
        ASN1ObjectIdentifier type = attribute.type();
        String value = attribute.value();
        boolean group = BCStyle.O.equals(type);
        boolean expected = group
                ? subject.organizations().contains(value)
                : BCStyle.CN.equals(type) && subject.commonName().equals(value);
        if (expected) {
            return;
        }
        if (PRIVILEGED_GROUPS.contains(value) || (group && value.startsWith("system:"))) {
            refuse("privileged-group", "the subject asks for the privileges of " + shown(value));
        } else if (group || BCStyle.CN.equals(type)) {
            refuse("subject-not-yours", "the subject asks to be " + shown(value) + "; it can only be " + subject);
        } else {
            refuse("subject-attribute", "the subject has the attribute " + type + ", which no certificate here has");
        }
    }

    private void alternativeNames(List<GeneralName> asked) {
        if (asked.size() > MAX_NAMES) {
            refuse(
                    "too-many-names",
                    "the request asks for " + asked.size() + " alternative names; at most " + MAX_NAMES + " are read");
            return;
        }
        for (GeneralName name : new LinkedHashSet<>(asked)) {
            switch (name.getTagNo()) {
                case GeneralName.dNSName -> dnsName(((ASN1String) name.getName()).getString());
                case GeneralName.iPAddress -> address(((ASN1OctetString) name.getName()).getOctets());
                default ->
                    refuse(
                            "name-type",
                            "alternative names are DNS names and IP addresses, not of type " + name.getTagNo());
            }
        }
    }

    private void dnsName(String asked) {
        String name = asked.toLowerCase(Locale.ROOT);
        if (names.dnsNames().contains(name)) {
            return;
        }
        boolean reserved = reservedNames.contains(name) || name.equals("kubernetes") || name.startsWith("kubernetes.");
        refuse(
                reserved ? "reserved-name" : "name-not-recorded",
                "the request asks for the DNS name " + shown(asked)
                        + (reserved
                                ? ", which this profile never carries"
                                : ", which is not on record for its holder"));
    }

    private void address(byte[] octets) {
        try {
            InetAddress address = InetAddress.getByAddress(octets);
            if (!names.addresses().contains(address)) {
                boolean reserved = reservedAddresses.contains(address);
                refuse(
                        reserved ? "reserved-name" : "address-not-recorded",
                        "the request asks for the address " + address.getHostAddress()
                                + (reserved
                                        ? ", which this profile never carries"
                                        : ", which is not on record for its holder"));
            }
        } catch (UnknownHostException e) {
            refuse("address-not-recorded", "the request asks for an address of " + octets.length + " octets");
        }
    }

    private void wishes(CertificationRequest.Wishes wishes) {
        if (wishes.authority()) {
            refuse("authority-requested", "the request asks for the certificate of an authority");
        }
        if ((wishes.keyUsage() & (KeyUsage.keyCertSign | KeyUsage.cRLSign)) != 0) {
            refuse("usage-not-allowed", "the request asks for a key that signs certificates or CRLs");
        }
        for (ASN1ObjectIdentifier asked : wishes.purposes()) {
            if (purposes.stream().noneMatch(purpose -> purpose.id().toOID().equals(asked))) {
                refuse("usage-not-allowed", "the request asks for the extended key usage " + asked);
            }
        }
        wishes.unknownCritical()
                .forEach(id -> refuse("critical-extension", "the request has the unknown critical extension " + id));
    }

    private void refuse(String rule, String detail) {
        violations.add(new Violation(rule, detail));
    }

    /** A stranger's text, cut to what is fit to print. */
    private static String shown(String text) {
        String printable = text.replaceAll("[^\\x20-\\x7e]", "?");
        return "'" + (printable.length() > 80 ? printable.substring(0, 80) + "…" : printable) + "'";
    }
}
