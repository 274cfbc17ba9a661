package dev.certfleet.pki;

import dev.certfleet.pki.der.DerWriter;
import dev.certfleet.pki.der.Tag;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.Signature;
import java.util.List;

/** Certification requests (RFC 2986), with the names asked for in an extensionRequest (RFC 2985 section 5.4.2). */
public final class Pkcs10 {
    private static final String ORGANIZATION = "2.5.4.10";
    private static final String COMMON_NAME = "2.5.4.3";
    private static final String EXTENSION_REQUEST = "1.2.840.113549.1.9.14";
    private static final String SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
    private static final int DNS_NAME = 2;
    private static final int IP_ADDRESS = 7;

    private Pkcs10() {}

    /**
     * A request, signed by the key it is for.
     *
     * @param addresses IP addresses in their textual form
     * @return DER
     * @throws IllegalArgumentException where the keys are not of this algorithm, or an address is not one
     */
    public static byte[] request(
            KeyPair keys,
            KeyAlgorithm algorithm,
            String commonName,
            List<String> organizations,
            List<String> dnsNames,
            List<String> addresses) {
        byte[] info = new DerWriter(512)
                .sequence(body -> {
                    body.integer(0);
                    body.sequence(subject -> {
                        organizations.forEach(organization -> attribute(subject, ORGANIZATION, organization));
                        attribute(subject, COMMON_NAME, commonName);
                    });
                    body.encoded(keys.getPublic().getEncoded());
                    body.constructed(Tag.constructed(0), attributes -> {
                        if (!dnsNames.isEmpty() || !addresses.isEmpty()) {
                            extensionRequest(attributes, dnsNames, addresses);
                        }
                    });
                })
                .toByteArray();
        byte[] signature = sign(keys, algorithm, info);
        return new DerWriter(info.length + 640)
                .sequence(request -> {
                    request.encoded(info);
                    signatureAlgorithm(request, algorithm);
                    request.bitString(signature);
                })
                .toByteArray();
    }

    private static void attribute(DerWriter subject, String type, String value) {
        subject.set(rdn -> rdn.sequence(pair -> pair.objectIdentifier(type).utf8String(value)));
    }

    private static void extensionRequest(DerWriter attributes, List<String> dnsNames, List<String> addresses) {
        attributes.sequence(attribute -> attribute
                .objectIdentifier(EXTENSION_REQUEST)
                .set(values -> values.sequence(extensions -> extensions.sequence(extension -> extension
                        .objectIdentifier(SUBJECT_ALTERNATIVE_NAME)
                        .octetString(value -> value.sequence(names -> names(names, dnsNames, addresses)))))));
    }

    private static void names(DerWriter names, List<String> dnsNames, List<String> addresses) {
        for (String dnsName : dnsNames) {
            if (!StandardCharsets.US_ASCII.newEncoder().canEncode(dnsName)) {
                throw new IllegalArgumentException("a DNS name that is not ASCII: " + dnsName);
            }
            names.primitive(Tag.context(DNS_NAME), dnsName.getBytes(StandardCharsets.US_ASCII));
        }
        for (String address : addresses) {
            names.primitive(
                    Tag.context(IP_ADDRESS), InetAddress.ofLiteral(address).getAddress());
        }
    }

    private static byte[] sign(KeyPair keys, KeyAlgorithm algorithm, byte[] info) {
        try {
            Signature signature = Signature.getInstance(algorithm.signature());
            signature.initSign(keys.getPrivate());
            signature.update(info);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException(
                    "the key cannot sign with " + algorithm.label() + ": " + e.getMessage(), e);
        }
    }

    private static void signatureAlgorithm(DerWriter request, KeyAlgorithm algorithm) {
        request.sequence(identifier -> {
            switch (algorithm) {
                case P256 -> identifier.objectIdentifier("1.2.840.10045.4.3.2");
                case P384 -> identifier.objectIdentifier("1.2.840.10045.4.3.3");
                case RSA2048, RSA3072, RSA4096 ->
                    identifier.objectIdentifier("1.2.840.113549.1.1.11").nothing();
                case ED25519 -> identifier.objectIdentifier("1.3.101.112");
            }
        });
    }
}
