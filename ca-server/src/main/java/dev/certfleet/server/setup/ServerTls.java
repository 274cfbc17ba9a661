package dev.certfleet.server.setup;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.Pem;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
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
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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
 * life, whenever its names or the authority that issues change and when it was revoked, and swapped without closing a
 * connection.
 */
@Component
class ServerTls {
    private static final Logger LOG = LoggerFactory.getLogger(ServerTls.class);
    private static final String FILE = "server-tls.pem";

    private final IssueCertificate issueCertificate;
    private final Authorities authorities;
    private final ServerChain chain;
    private final InstallationFile file;
    private final Ledger ledger;
    private final DataFolder folder;
    private final Settings settings;
    private final Clock clock;
    private final SwitchableKeyManager keyManager = new SwitchableKeyManager();
    private final SSLContext context;
    private volatile @Nullable Fingerprint shown;
    private volatile List<X509Certificate> sent = List.of();

    ServerTls(
            FirstStart firstStart,
            FirstOperatorNotice notice,
            IssueCertificate issueCertificate,
            Authorities authorities,
            ServerChain chain,
            InstallationFile file,
            Ledger ledger,
            DataFolder folder,
            Settings settings,
            Clock clock,
            SecureRandom random)
            throws GeneralSecurityException {
        this.issueCertificate = issueCertificate;
        this.authorities = authorities;
        this.chain = chain;
        this.file = file;
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

    @Scheduled(fixedDelay = 60, timeUnit = TimeUnit.MINUTES)
    synchronized void renewIfDue() throws GeneralSecurityException {
        Authority authority =
                authorities.active(null, AuthorityKind.INSTALLATION).orElseThrow();
        SubjectAlternativeNames names = ServerNames.of(settings);
        Optional<Identity> present = read();
        if (present.isPresent()
                && present.get().serves(names, authority, clock.instant())
                && isInForce(present.get().id())) {
            Identity identity = present.get().with(chain.of(authority));
            use(identity, !identity.chain().equals(present.get().chain()));
            return;
        }
        use(issue(names), true);
        if (present.isPresent()) {
            ledger.supersede(present.get().id());
        }
    }

    /** Gets another certificate, for a new key, where the one in use was revoked or another authority issues now. */
    void replaceIfWanted() {
        file.refresh();
        Fingerprint now = shown;
        Authority authority =
                authorities.active(null, AuthorityKind.INSTALLATION).orElseThrow();
        if (now != null && (!isInForce(now) || !sent.equals(chain.of(authority)))) {
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

    private Identity issue(SubjectAlternativeNames names) throws GeneralSecurityException {
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
        LOG.info(
                "TLS certificate {} for {} until {}",
                issued.certificate().serial(),
                names.dnsNames(),
                issued.certificate().notAfter());
        return new Identity(
                        made.key(),
                        certificates(
                                Pem.encode(Pem.CERTIFICATE, issued.certificate().der())))
                .with(chain.of(issued.authority()));
    }

    /** Shows it in each handshake from now on. */
    private void use(Identity identity, boolean isNew) throws GeneralSecurityException {
        if (isNew) {
            folder.writeSecret(FILE, identity.pem().getBytes(StandardCharsets.US_ASCII));
        }
        shown = identity.id();
        sent = identity.chain().subList(1, identity.chain().size());
        keyManager.use(identity.key().keyManager(identity.chain()));
    }

    private Optional<Identity> read() {
        Path file = folder.file(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            String pem = Files.readString(file, StandardCharsets.US_ASCII);
            return Optional.of(new Identity(LocalKey.read(pem), certificates(pem)));
        } catch (IOException | GeneralSecurityException e) {
            LOG.warn("{} cannot be used ({}); a new certificate is issued", file, e.getMessage());
            return Optional.empty();
        }
    }

    private static List<X509Certificate> certificates(String pem) throws GeneralSecurityException {
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

        /** With what is sent after it. */
        Identity with(List<X509Certificate> authorities) {
            return new Identity(
                    key,
                    Stream.concat(Stream.of(chain.getFirst()), authorities.stream())
                            .toList());
        }

        String pem() {
            return key.pem() + Certificates.pem(chain);
        }

        boolean serves(SubjectAlternativeNames names, Authority authority, Instant now)
                throws GeneralSecurityException {
            if (chain.size() < 2 || !Arrays.equals(chain.get(1).getEncoded(), authority.certificate())) {
                return false;
            }
            X509Certificate leaf = chain.getFirst();
            Instant notBefore = leaf.getNotBefore().toInstant();
            Instant notAfter = leaf.getNotAfter().toInstant();
            Instant renewal =
                    notAfter.minus(Duration.between(notBefore, notAfter).dividedBy(3));
            List<String> wanted = Stream.concat(
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
