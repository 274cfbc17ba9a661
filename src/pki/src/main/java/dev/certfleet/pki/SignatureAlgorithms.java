package dev.certfleet.pki;

import java.util.Optional;

/** The signature algorithms that are believed; nothing that rests on SHA-1. */
public final class SignatureAlgorithms {
    private SignatureAlgorithms() {}

    /**
     * The JCA name of a signature algorithm.
     *
     * @param oid its object identifier, dotted
     * @return empty where it is none that is accepted
     */
    public static Optional<String> named(String oid) {
        return Optional.ofNullable(
                switch (oid) {
                    case "1.2.840.10045.4.3.2" -> "SHA256withECDSA";
                    case "1.2.840.10045.4.3.3" -> "SHA384withECDSA";
                    case "1.2.840.10045.4.3.4" -> "SHA512withECDSA";
                    case "1.2.840.113549.1.1.11" -> "SHA256withRSA";
                    case "1.2.840.113549.1.1.12" -> "SHA384withRSA";
                    case "1.2.840.113549.1.1.13" -> "SHA512withRSA";
                    case "1.3.101.112" -> "Ed25519";
                    default -> null;
                });
    }
}
