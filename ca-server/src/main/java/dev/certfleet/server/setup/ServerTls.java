package dev.certfleet.server.setup;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.Pem;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.authority.TrustBundles;
import dev.certfleet.server.installation.DataFolder;
import dev.certfleet.server.installation.Settings;
import dev.certfleet.server.issuance.Issuance;
import dev.certfleet.server.issuance.IssueCertificate;
import dev.certfleet.server.issuance.Order;
import dev.certfleet.server.ledger.Ledger;
import dev.certfleet.server.signing.LocalKey;
import dev.certfleet.server.x509.Fingerprint;
import dev.certfleet.server.x509.Holder;
import dev.certfleet.server.x509.Subject;
import dev.certfleet.server.x509.SubjectAlternativeNames;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * This server's TLS certificate: issued by the installation's authority at the first start, renewed at two thirds of its
 * life, whenever its names change and when it was revoked, and swapped without closing a connection.
 */
@Component
class ServerTls {
    private static final Logger LOG = LoggerFactory.getLogger(ServerTls.class);
    private static final String FILE = "server-tls.pem";

    private final IssueCertificate issueCertificate;
    private final Authorities authorities;
    private final Ledger ledger;
    private final DataFolder folder;
    private final Settings settings;
    private final Clock clock;
    private final SwitchableKeyManager keyManager = new SwitchableKeyManager();
    private final SSLContext context;
    private volatile @Nullable Fingerprint shown;

    ServerTls(
            FirstStart firstStart,
            FirstOperatorNotice notice,
            IssueCertificate issueCertificate,
            Authorities authorities,
            Ledger ledger,
            DataFolder folder,
            Settings settings,
            Clock clock,
            SecureRandom random)
            throws GeneralSecurityException {
        this.issueCertificate = issueCertificate;
        this.authorities = authorities;
        this.ledger = ledger;
        this.folder = folder;
        this.settings = settings;
        this.clock = clock;
        notice.made(firstStart.run());
        renewIfDue();
        this.context = SSLContext.getInstance("TLS");
        this.context.init(new KeyManager[] {keyManager}, new TrustManager[] {new AnyClientCertificate()}, random);
    }

    SSLContext context() {
        return context;
    }

    @Scheduled(fixedDelay = 60, timeUnit = java.util.concurrent.TimeUnit.MINUTES)
    void renewIfDue() throws GeneralSecurityException {
        Authority authority =
                authorities.active(null, AuthorityKind.INSTALLATION).orElseThrow();
        SubjectAlternativeNames names = ServerNames.of(settings);
        Optional<Identity> present = read();
        if (present.isPresent()
                && present.get().serves(names, authority, clock.instant())
                && isInForce(present.get().id())) {
            shown = present.get().id();
            keyManager.use(present.get().key().keyManager(present.get().chain()));
            return;
        }
        keyManager.use(issue(names));
    }

    /** Gets another certificate, for a new key, where the one in use was revoked. */
    void replaceIfRevoked() {
        Fingerprint now = shown;
        if (now != null && !isInForce(now)) {
            try {
                renewIfDue();
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** One that a restored database does not know is replaced too: nodes that come back name it. */
    private boolean isInForce(Fingerprint id) {
        return ledger.find(id)
                .filter(certificate -> certificate.revocation() == null)
                .isPresent();
    }

    private KeyManager issue(SubjectAlternativeNames names) throws GeneralSecurityException {
        String commonName = names.dnsNames().getFirst();
        LocalKey.WithRequest made = LocalKey.create(new Subject(commonName, List.of()));
        Order order = new Order(
                ProfileName.SERVER_TLS,
                new Holder.Installation(commonName, names),
                made.request(),
                null,
                FirstStart.ACTOR,
                "server-tls-" + UUID.randomUUID(),
                new byte[32]);
        Issuance issuance = issueCertificate.issue(order);
        if (!(issuance instanceof Issuance.Issued issued)) {
            throw new IllegalStateException("the server's TLS certificate was not issued: " + issuance);
        }
        String pem = made.key().pem()
                + Pem.encode(Pem.CERTIFICATE, issued.certificate().der())
                + TrustBundles.pem(issued.authority());
        shown = issued.certificate().id();
        folder.writeSecret(FILE, pem.getBytes(StandardCharsets.US_ASCII));
        LOG.info(
                "TLS certificate {} for {} until {}",
                issued.certificate().serial(),
                names.dnsNames(),
                issued.certificate().notAfter());
        return made.key().keyManager(chain(pem));
    }

    private Optional<Identity> read() {
        Path file = folder.file(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            String pem = Files.readString(file, StandardCharsets.US_ASCII);
            return Optional.of(new Identity(LocalKey.read(pem), chain(pem)));
        } catch (IOException | GeneralSecurityException e) {
            LOG.warn("{} cannot be used ({}); a new certificate is issued", file, e.getMessage());
            return Optional.empty();
        }
    }

    private static List<X509Certificate> chain(String pem) throws GeneralSecurityException {
        String certificates = pem.substring(Math.max(0, pem.indexOf("-----BEGIN CERTIFICATE-----")));
        return CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(certificates.getBytes(StandardCharsets.US_ASCII)))
                .stream()
                .map(X509Certificate.class::cast)
                .toList();
    }

    private record Identity(LocalKey key, List<X509Certificate> chain) {
        Fingerprint id() throws GeneralSecurityException {
            return Fingerprint.of(chain.getFirst().getEncoded());
        }

        boolean serves(SubjectAlternativeNames names, Authority authority, Instant now)
                throws GeneralSecurityException {
            if (chain.size() < 2 || !java.util.Arrays.equals(chain.getLast().getEncoded(), authority.certificate())) {
                return false;
            }
            X509Certificate leaf = chain.getFirst();
            Instant notBefore = leaf.getNotBefore().toInstant();
            Instant notAfter = leaf.getNotAfter().toInstant();
            Instant renewal =
                    notAfter.minus(Duration.between(notBefore, notAfter).dividedBy(3));
            List<String> wanted = java.util.stream.Stream.concat(
                            names.dnsNames().stream(),
                            names.addresses().stream().map(InetAddress::getHostAddress))
                    .sorted()
                    .toList();
            List<String> present = leaf.getSubjectAlternativeNames().stream()
                    .map(name -> String.valueOf(name.get(1)))
                    .sorted()
                    .toList();
            return now.isBefore(renewal) && wanted.equals(present);
        }
    }
}
