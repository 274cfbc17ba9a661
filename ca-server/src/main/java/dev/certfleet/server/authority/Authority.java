package dev.certfleet.server.authority;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.Pem;
import dev.certfleet.server.x509.AuthorityUrls;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
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

    /** PEM, its issuer first and the root last. */
    private String issuers;

    private String anchored;

    @Column(name = "cross_certificate")
    private byte @Nullable [] crossCertificate;

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
            boolean imported,
            State state) {
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
        this.imported = imported;
        this.state = state.label();
        this.issuers = "";
        this.anchored = Anchor.AUTHORITY.label();
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

    /** As in its certificate; one from outside has whichever its issuer chose, an imported one's may be 0. */
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

    /** What it does. The status of what it issued is answered in each. */
    public enum State {
        /** Is in the trust bundles and issues nothing yet. */
        INCOMING("incoming"),
        /** Issues. */
        ACTIVE("active"),
        /** Issues nothing more, and is still in the trust bundles. */
        RETIRED("retired"),
        /** Is in no trust bundle any more. */
        WITHDRAWN("withdrawn");

        private final String label;

        State(String label) {
            this.label = label;
        }

        /** The name on the API and in the database. */
        public String label() {
            return label;
        }
    }

    public String state() {
        return state;
    }

    public boolean is(State other) {
        return state.equals(other.label());
    }

    /** Whether it is out of the trust bundles. */
    public boolean isWithdrawn() {
        return is(State.WITHDRAWN);
    }

    void become(State next) {
        this.state = next.label();
    }

    /** What the trust bundles hold for an authority that is below an outside root. */
    public enum Anchor {
        /** Its own certificate: nothing else that the root issued is trusted. */
        AUTHORITY("authority"),
        /** The root's, and with it whatever else is below it. */
        ROOT("root");

        private final String label;

        Anchor(String label) {
            this.label = label;
        }

        /** The name on the API and in the database. */
        public String label() {
            return label;
        }

        public static Optional<Anchor> of(String label) {
            return Arrays.stream(values())
                    .filter(anchor -> anchor.label.equals(label))
                    .findFirst();
        }
    }

    void below(List<byte[]> certificatesAbove, Anchor anchor) {
        this.issuers = certificatesAbove.stream()
                .map(above -> Pem.encode(Pem.CERTIFICATE, above))
                .collect(Collectors.joining());
        this.anchored = anchor.label();
    }

    /** The certificates above it in DER, its issuer first and the root last; empty where it is self-signed. */
    public List<byte[]> issuers() {
        return issuers.isEmpty() ? List.of() : Pem.decode(issuers, Pem.CERTIFICATE);
    }

    /** The certificate that trust bundles hold for it, DER. */
    public byte[] anchor() {
        List<byte[]> above = issuers();
        return anchored.equals(Anchor.ROOT.label()) && !above.isEmpty() ? above.getLast() : certificate.clone();
    }

    void crossCertified(byte[] byTheOneBefore) {
        this.crossCertificate = byTheOneBefore;
    }

    /** Its key certified by the generation before it, DER; null where it is not. */
    public byte @Nullable [] crossCertificate() {
        return crossCertificate == null ? null : crossCertificate.clone();
    }

    /** Where the status of what it issues is found. */
    public AuthorityUrls urls() {
        return AuthorityUrls.of(statusUrl, name, crlShards);
    }
}
