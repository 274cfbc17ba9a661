package dev.certfleet.server.authority;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.server.x509.AuthorityUrls;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** One generation of a CA key, with its own subject and key identifier. Rotation makes another authority. */
@Entity
@Table(name = "authority")
public class Authority {
    @Id
    private String name;

    private @Nullable String cluster;
    private String kind;
    private int generation;
    private String subject;

    @Column(name = "key_algorithm")
    private String keyAlgorithm;

    @Column(name = "key_identifier")
    private byte[] keyIdentifier;

    @Column(name = "sealed_key")
    private @Nullable UUID sealedKey;

    private byte[] serial;
    private byte[] certificate;

    @Column(name = "not_before")
    private Instant notBefore;

    @Column(name = "not_after")
    private Instant notAfter;

    @Column(name = "status_url")
    private String statusUrl;

    @Column(name = "crl_shards")
    private int crlShards;

    private String state;
    private boolean imported;

    /** For JPA. */
    @SuppressWarnings("NullAway.Init")
    protected Authority() {}

    Authority(
            String name,
            @Nullable String cluster,
            AuthorityKind kind,
            int generation,
            String subject,
            KeyAlgorithm keyAlgorithm,
            byte[] keyIdentifier,
            @Nullable UUID sealedKey,
            BigInteger serial,
            byte[] certificate,
            Instant notBefore,
            Instant notAfter,
            String statusUrl,
            int crlShards,
            boolean imported) {
        this.name = name;
        this.cluster = cluster;
        this.kind = kind.label();
        this.generation = generation;
        this.subject = subject;
        this.keyAlgorithm = keyAlgorithm.label();
        this.keyIdentifier = keyIdentifier;
        this.sealedKey = sealedKey;
        this.serial = serial.toByteArray();
        this.certificate = certificate;
        this.notBefore = notBefore;
        this.notAfter = notAfter;
        this.statusUrl = statusUrl;
        this.crlShards = crlShards;
        this.state = sealedKey == null ? "retired" : "active";
        this.imported = imported;
    }

    /** Unique in the installation and stable; the name in the URLs of its CRL and certificate. */
    public String name() {
        return name;
    }

    /** Null for the installation's own. */
    public @Nullable String cluster() {
        return cluster;
    }

    public AuthorityKind kind() {
        return AuthorityKind.of(kind);
    }

    public int generation() {
        return generation;
    }

    /** RFC 4514. */
    public String subject() {
        return subject;
    }

    public KeyAlgorithm keyAlgorithm() {
        return KeyAlgorithm.of(keyAlgorithm);
    }

    /** The subject key identifier. */
    public byte[] keyIdentifier() {
        return keyIdentifier.clone();
    }

    /** The id of its signing key; empty where the key is elsewhere. */
    public Optional<UUID> sealedKey() {
        return Optional.ofNullable(sealedKey);
    }

    /**
     * Whether its key is here. Where it is not, the authority is trusted still, but there is neither OCSP nor CRL of its own for
     * what it issued.
     */
    public boolean canSign() {
        return sealedKey != null;
    }

    /** Whether others made it, as kubeadm does. */
    public boolean isImported() {
        return imported;
    }

    /** Its certificate's serial; an imported one's may be 0. */
    public BigInteger serial() {
        return new BigInteger(1, serial);
    }

    /** Its certificate, DER. */
    public byte[] certificate() {
        return certificate.clone();
    }

    public Instant notBefore() {
        return notBefore;
    }

    public Instant notAfter() {
        return notAfter;
    }

    /**
     * {@code active}, {@code retired} (issues nothing more, is still trusted) or {@code withdrawn} (is in no trust bundle
     * any more); the status of what it issued is answered in each.
     */
    public String state() {
        return state;
    }

    /** Whether it is out of the trust bundles. */
    public boolean isWithdrawn() {
        return state.equals("withdrawn");
    }

    void withdraw() {
        this.state = "withdrawn";
    }

    /** Where the status of what it issues is found. */
    public AuthorityUrls urls() {
        return AuthorityUrls.of(statusUrl, name, crlShards);
    }
}
