package dev.certfleet.server.issuance;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.ledger.BlockedKeys;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.Ledger;
import dev.certfleet.server.ledger.NewCertificate;
import dev.certfleet.server.ledger.Reservation;
import dev.certfleet.server.ledger.Revocations;
import dev.certfleet.server.recovery.DatabaseState;
import dev.certfleet.server.signing.Signatures;
import dev.certfleet.server.x509.CertificateContents;
import dev.certfleet.server.x509.Holder;
import dev.certfleet.server.x509.IssuerFacts;
import dev.certfleet.server.x509.KeyHash;
import dev.certfleet.server.x509.KeyRules;
import dev.certfleet.server.x509.Lifetimes;
import dev.certfleet.server.x509.LintedCertificate;
import dev.certfleet.server.x509.Linter;
import dev.certfleet.server.x509.Profiles;
import dev.certfleet.server.x509.Result;
import dev.certfleet.server.x509.Serial;
import dev.certfleet.server.x509.ValidityRequest;
import dev.certfleet.server.x509.Violation;
import dev.certfleet.server.x509.Violations;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The issuance cycle (docs/issuance-cycle.md): contents → lint → reserve → sign → record → answer. A crash between any two
 * steps leaves at most a reserved serial that is accounted for, never a signed certificate that is unknown.
 */
@Component
public class IssueCertificate {
    /** The requester of what a server issues for itself, and for whoever has its data folder. */
    public static final String SERVER = "server";

    private static final Violation COMPROMISED_KEY = new Violation(
            "compromised-key", "this key is blocked: it is compromised, or was a quarantined node's; make a new key");

    private final Authorities authorities;
    private final Ledger ledger;
    private final BlockedKeys blockedKeys;
    private final Revocations revocations;
    private final AuditLog audit;
    private final Clock clock;
    private final SecureRandom random;
    private final TransactionTemplate transaction;
    private final Profiles profiles;
    private final DatabaseState databaseState;
    private final Linter linter = new Linter(Signatures.provider());

    IssueCertificate(
            Authorities authorities,
            Ledger ledger,
            BlockedKeys blockedKeys,
            Revocations revocations,
            AuditLog audit,
            Clock clock,
            SecureRandom random,
            PlatformTransactionManager transactions,
            KeyRules keyRules,
            Lifetimes lifetimes,
            DatabaseState databaseState) {
        this.authorities = authorities;
        this.ledger = ledger;
        this.blockedKeys = blockedKeys;
        this.revocations = revocations;
        this.audit = audit;
        this.clock = clock;
        this.random = random;
        this.databaseState = databaseState;
        this.transaction = new TransactionTemplate(transactions);
        this.profiles = new Profiles(keyRules, lifetimes, Signatures.provider());
    }

    /** Issues what was ordered. */
    public Issuance issue(Order order) {
        return issue(order, () -> {}, certificate -> {});
    }

    /** Issues what was ordered, with something that has to happen together with it. */
    public Issuance issue(Order order, Consumer<CertificateRecord> together) {
        return issue(order, () -> {}, together);
    }

    /**
     * Issues what was ordered.
     *
     * @param first what has to hold in the transaction that records the certificate, before anything is locked there;
     *     where it throws, it is as with {@code together}
     * @param together what has to happen in the transaction that records the certificate; where it throws, nothing is
     *     recorded and the signed certificate is never shown to anybody
     */
    public Issuance issue(Order order, Runnable first, Consumer<CertificateRecord> together) {
        // 0. From a database that knows what it knew; only what a server needs to be reached and answer is issued from
        // another
        if (!order.requester().equals(SERVER)) {
            databaseState.requireNotBehind();
        }
        Authority authority = authorityFor(order);

        // The same request again gets the same certificate
        Optional<Reservation> earlier = ledger.earlier(order.requester(), order.requestId(), order.requestHash());
        if (earlier.isPresent()) {
            return answer(earlier.get(), authority);
        }

        // 1. Contents, or every rule that is broken
        return switch (contents(order, authority)) {
            case Violations violations -> new Issuance.Refused(violations);
            case CertificateContents contents ->
                issue(
                        contents,
                        authority,
                        new Purpose(
                                order.profile().label(),
                                nodeOf(order.holder()),
                                operatorOf(order),
                                order.requester(),
                                order.requestId(),
                                order.requestHash()),
                        first,
                        together);
        };
    }

    /** Every rule that an order breaks, without issuing anything; empty where it would be issued as things are. */
    public Optional<Violations> violations(Order order) {
        return switch (contents(order, authorityFor(order))) {
            case Violations violations -> Optional.of(violations);
            case CertificateContents _ -> Optional.empty();
        };
    }

    private Authority authorityFor(Order order) {
        return authorities
                .active(clusterOf(order.holder()), order.profile().authority())
                .orElseThrow(() -> new IllegalStateException("there is no active authority for " + order.profile()));
    }

    private Result contents(Order order, Authority authority) {
        Result result = profiles.contents(
                order.profile(),
                order.holder(),
                order.request(),
                new ValidityRequest(clock.instant(), authority.notAfter(), order.lifetime()),
                authority.urls());
        return blockedKeys.find(KeyHash.of(order.request().key())).isPresent() ? plusCompromisedKey(result) : result;
    }

    /**
     * What a certificate is for, as the ledger keeps it.
     *
     * @param profile the profile's label
     * @param node the holding node, if one does
     * @param operator the holding operator, if one does
     * @param requester who asks
     * @param requestId the requester's name for this request
     * @param requestHash SHA-256 of what is asked
     */
    public record Purpose(
            String profile,
            @Nullable String node,
            @Nullable String operator,
            String requester,
            String requestId,
            byte[] requestHash) {}

    /** Issues contents that were made without a request, as an OCSP responder's are, or with one, as above. */
    public Issuance issue(
            CertificateContents contents, Authority authority, Purpose purpose, Consumer<CertificateRecord> together) {
        return issue(contents, authority, purpose, () -> {}, together);
    }

    private Issuance issue(
            CertificateContents contents,
            Authority authority,
            Purpose purpose,
            Runnable first,
            Consumer<CertificateRecord> together) {
        // 2. Lint a twin that a throwaway key signed; only what passes can be signed, once
        Serial serial = Serial.random(random);
        LintedCertificate linted = linter.lint(contents, IssuerFacts.of(authority.certificate()), serial, random);

        // 3. Reserve: serial and contents are committed before the authority's key is used
        Reservation reservation = ledger.reserve(reservation(contents, linted, authority, purpose));
        if (!(reservation instanceof Reservation.Made)) {
            return answer(reservation, authority);
        }

        // 4. Sign
        byte[] signed = authorities.issuer(authority).sign(linted);

        // 5. Record, with audit event and feed entry, in one transaction; a key that was blocked since step 1 ends here
        CertificateRecord recorded;
        try {
            recorded = record(serial, signed, authority, purpose, first, together);
        } catch (Ledger.Overtaken overtaken) {
            ledger.giveUp(serial);
            return overtaken.keyIsBlocked()
                    ? new Issuance.Refused(new Violations(List.of(COMPROMISED_KEY)))
                    : new Issuance.InProgress();
        }

        // 6. Answer
        return new Issuance.Issued(recorded, authority);
    }

    private CertificateRecord record(
            Serial serial,
            byte[] signed,
            Authority authority,
            Purpose purpose,
            Runnable first,
            Consumer<CertificateRecord> together) {
        CertificateRecord recorded = transaction.execute(status -> {
            first.run();
            CertificateRecord certificate = ledger.record(serial, signed);
            if (isIssuedRevoked(purpose.profile())) {
                revocations.revokedFromBirth(certificate, purpose.requester());
            }
            together.accept(certificate);
            audit.append(
                    purpose.requester(),
                    new AuditEvent.CertificateIssued(
                            certificate.cluster(),
                            certificate.id().hex(),
                            serial.hex(),
                            authority.name(),
                            certificate.profile(),
                            certificate.subject(),
                            certificate.notAfter().toString()));
            return certificate;
        });
        return java.util.Objects.requireNonNull(recorded);
    }

    private static boolean isIssuedRevoked(String profile) {
        return profile.equals(ProfileName.ETCD_CANARY.label());
    }

    private Issuance answer(Reservation reservation, Authority active) {
        return switch (reservation) {
            case Reservation.AlreadyIssued issued ->
                new Issuance.Issued(
                        issued.certificate(),
                        authorities.named(issued.certificate().authority()).orElse(active));
            case Reservation.InProgress inProgress -> new Issuance.InProgress();
            case Reservation.OtherRequest other -> new Issuance.OtherRequest();
            case Reservation.Made made -> throw new IllegalStateException("a reservation was made and not used");
        };
    }

    private static NewCertificate reservation(
            CertificateContents contents, LintedCertificate linted, Authority authority, Purpose purpose) {
        return new NewCertificate(
                linted.serial(),
                authority.name(),
                authority.cluster(),
                purpose.profile(),
                purpose.node(),
                purpose.operator(),
                contents.subject().toName().toString(),
                contents.names().dnsNames(),
                contents.names().addresses().stream()
                        .map(InetAddress::getHostAddress)
                        .toList(),
                KeyHash.of(contents.key()).bytes(),
                contents.validity().notBefore(),
                contents.validity().notAfter(),
                linted.tbs(),
                purpose.requester(),
                purpose.requestId(),
                purpose.requestHash());
    }

    private static Violations plusCompromisedKey(Result result) {
        List<Violation> all = new ArrayList<>();
        if (result instanceof Violations others) {
            all.addAll(others.all());
        }
        all.add(COMPROMISED_KEY);
        return new Violations(all);
    }

    private static @Nullable String clusterOf(Holder holder) {
        return switch (holder) {
            case Holder.Node node -> node.cluster().name();
            case Holder.ClusterUser user -> user.cluster().name();
            case Holder.NamedUser user -> user.cluster().name();
            case Holder.Installation installation -> null;
        };
    }

    private static @Nullable String nodeOf(Holder holder) {
        return holder instanceof Holder.Node node ? node.node().name() : null;
    }

    private static @Nullable String operatorOf(Order order) {
        return order.profile() == dev.certfleet.pki.ProfileName.OPERATOR
                        && order.holder() instanceof Holder.Installation installation
                ? installation.name()
                : null;
    }
}
