package dev.certfleet.server.ocsp;

import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.x509.Certificate;
import org.springframework.stereotype.Component;

/**
 * The authorities by the hashes that requests name them by. All are held in memory, and read again, at most so often, when
 * somebody asks for one that is not among them: another server may have made it.
 */
@Component
class Issuers {
    private static final Duration BETWEEN_READS = Duration.ofMillis(500);

    /** By object identifier: what RFC 5019 demands and what openssl's -sha256 sends. */
    private static final Map<String, String> HASHES =
            Map.of("1.3.14.3.2.26", "SHA-1", "2.16.840.1.101.3.4.2.1", "SHA-256");

    private final Authorities authorities;
    private final Clock clock;
    private volatile Map<String, Authority> known = Map.of();
    private Instant readAt = Instant.MIN;

    Issuers(Authorities authorities, Clock clock) {
        this.authorities = authorities;
        this.clock = clock;
    }

    /** The authority that issued the certificate, if it is one of ours that has not ended. */
    Optional<Authority> find(CertId certId) {
        if (!HASHES.containsKey(certId.hashAlgorithm())) {
            return Optional.empty();
        }
        String key = key(certId.hashAlgorithm(), certId.issuerNameHash(), certId.issuerKeyHash());
        Authority found = known.get(key);
        if (found == null) {
            readAgain();
            found = known.get(key);
        }
        return Optional.ofNullable(found).filter(authority -> clock.instant().isBefore(authority.notAfter()));
    }

    private synchronized void readAgain() {
        Instant now = clock.instant();
        if (now.isBefore(readAt.plus(BETWEEN_READS))) {
            return;
        }
        Map<String, Authority> read = new HashMap<>();
        for (Authority authority : authorities.all()) {
            Certificate certificate = Certificate.getInstance(authority.certificate());
            HASHES.forEach((identifier, hash) ->
                    read.put(key(identifier, nameHash(certificate, hash), keyHash(certificate, hash)), authority));
        }
        known = Map.copyOf(read);
        readAt = now;
    }

    private static String key(String hashAlgorithm, byte[] nameHash, byte[] keyHash) {
        HexFormat hex = HexFormat.of();
        return hashAlgorithm + ' ' + hex.formatHex(nameHash) + ' ' + hex.formatHex(keyHash);
    }

    private static byte[] nameHash(Certificate certificate, String hash) {
        try {
            return digest(hash, certificate.getSubject().getEncoded(ASN1Encoding.DER));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] keyHash(Certificate certificate, String hash) {
        return digest(
                hash, certificate.getSubjectPublicKeyInfo().getPublicKeyData().getOctets());
    }

    private static byte[] digest(String hash, byte[] octets) {
        try {
            return MessageDigest.getInstance(hash).digest(octets);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has " + hash, e);
        }
    }
}
