package dev.certfleet.server.x509;

import dev.certfleet.server.x509.CertificationRequest.Attribute;
import dev.certfleet.server.x509.CertificationRequest.Wishes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.pkcs.CertificationRequestInfo;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.jspecify.annotations.Nullable;

/** Reads PKCS#10 strictly: DER only, nothing after it, every part that matters decoded here and now. */
final class RequestReader {
    private static final Pattern PEM = Pattern.compile(
            "\\s*-----BEGIN (?<label>(NEW )?CERTIFICATE REQUEST)-----(?<body>[A-Za-z0-9+/=\\s]*)-----END \\k<label>-----\\s*");

    private RequestReader() {}

    static ParsedRequest read(byte[] pemOrDer) {
        if (pemOrDer.length > CertificationRequest.MAX_SIZE) {
            return tooLarge(pemOrDer.length);
        }
        boolean der = pemOrDer.length > 0 && pemOrDer[0] == 0x30;
        return der ? readDer(pemOrDer) : read(new String(pemOrDer, StandardCharsets.ISO_8859_1));
    }

    static ParsedRequest read(String pem) {
        if (pem.length() > CertificationRequest.MAX_SIZE) {
            return tooLarge(pem.length());
        }
        Matcher form = PEM.matcher(pem);
        if (!form.matches()) {
            return malformed("it is not one PEM block labelled CERTIFICATE REQUEST");
        }
        try {
            return readDer(Base64.getMimeDecoder().decode(form.group("body")));
        } catch (IllegalArgumentException e) {
            return malformed("its PEM is not base64");
        }
    }

    private static ParsedRequest readDer(byte[] der) {
        if (!DerShape.isPlain(der)) {
            return malformed("it is not one DER structure, or one too deep");
        }
        try {
            return decode(der);
        } catch (IOException | RuntimeException e) {
            return malformed("it does not have the structure of a PKCS#10 request");
        }
    }

    private static ParsedRequest decode(byte[] der) throws IOException {
        var request = org.bouncycastle.asn1.pkcs.CertificationRequest.getInstance(ASN1Primitive.fromByteArray(der));
        if (!Arrays.equals(der, request.getEncoded(ASN1Encoding.DER))) {
            return malformed("it is not in DER");
        }
        CertificationRequestInfo info = request.getCertificationRequestInfo();
        if (!info.getVersion().hasValue(0)) {
            return malformed("its version is not 0");
        }
        return new CertificationRequest(
                info.getSubjectPublicKeyInfo(),
                subject(info),
                wishes(info),
                request.getSignatureAlgorithm(),
                info.getEncoded(ASN1Encoding.DER),
                request.getSignature().getOctets());
    }

    private static List<Attribute> subject(CertificationRequestInfo info) {
        List<Attribute> attributes = new ArrayList<>();
        for (RDN rdn : info.getSubject().getRDNs()) {
            for (var attribute : rdn.getTypesAndValues()) {
                String value = attribute.getValue() instanceof ASN1String text ? text.getString() : "(not text)";
                attributes.add(new Attribute(attribute.getType(), value));
            }
        }
        return attributes;
    }

    private static Wishes wishes(CertificationRequestInfo info) {
        Extensions extensions = extensions(info);
        if (extensions == null) {
            return new Wishes(List.of(), 0, Set.of(), false, List.of());
        }
        List<ASN1ObjectIdentifier> unknown = new ArrayList<>();
        List<GeneralName> names = List.of();
        Set<ASN1ObjectIdentifier> purposes = new HashSet<>();
        int keyUsage = 0;
        boolean authority = false;
        for (ASN1ObjectIdentifier id : extensions.getExtensionOIDs()) {
            Extension extension = extensions.getExtension(id);
            if (Extension.subjectAlternativeName.equals(id)) {
                names = List.of(GeneralNames.getInstance(value(extension)).getNames());
            } else if (Extension.keyUsage.equals(id)) {
                keyUsage = bits(KeyUsage.getInstance(value(extension)));
            } else if (Extension.extendedKeyUsage.equals(id)) {
                for (KeyPurposeId purpose :
                        ExtendedKeyUsage.getInstance(value(extension)).getUsages()) {
                    purposes.add(purpose.toOID());
                }
            } else if (Extension.basicConstraints.equals(id)) {
                authority = BasicConstraints.getInstance(value(extension)).isCA();
            } else if (extension.isCritical()) {
                unknown.add(id);
            }
        }
        return new Wishes(names, keyUsage, Set.copyOf(purposes), authority, List.copyOf(unknown));
    }

    /** The requested extensions, null where there are none. */
    private static @Nullable Extensions extensions(CertificationRequestInfo info) {
        Extensions found = null;
        if (info.getAttributes() == null) {
            return null;
        }
        for (ASN1Encodable encoded : info.getAttributes()) {
            var attribute = org.bouncycastle.asn1.pkcs.Attribute.getInstance(encoded);
            if (PKCSObjectIdentifiers.pkcs_9_at_extensionRequest.equals(attribute.getAttrType())) {
                if (found != null || attribute.getAttrValues().size() != 1) {
                    throw new IllegalArgumentException("extensions are requested twice");
                }
                found = Extensions.getInstance(attribute.getAttrValues().getObjectAt(0));
            }
        }
        return found;
    }

    /** An extension's value is a structure of its own inside an octet string, with a shape of its own. */
    private static ASN1Encodable value(Extension extension) {
        if (!DerShape.isPlain(extension.getExtnValue().getOctets())) {
            throw new IllegalArgumentException("the extension " + extension.getExtnId() + " is not one DER structure");
        }
        return extension.getParsedValue();
    }

    private static int bits(KeyUsage usage) {
        byte[] octets = usage.getBytes();
        return octets.length == 0 ? 0 : (octets[0] & 0xff) | (octets.length > 1 ? (octets[1] & 0xff) << 8 : 0);
    }

    private static Violations tooLarge(int size) {
        return Violations.of(
                "request-too-large",
                "the request has " + size + " characters; at most " + CertificationRequest.MAX_SIZE + " are read");
    }

    private static Violations malformed(String why) {
        return Violations.of("malformed-request", "the certification request cannot be read: " + why);
    }
}
