package dev.certfleet.server.comeback;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.ComebackProof;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.wire.ComebackRequest;
import dev.certfleet.server.authority.Cluster;
import dev.certfleet.server.authority.Clusters;
import dev.certfleet.server.comeback.Comeback.Why;
import dev.certfleet.server.enrolment.FindHolder;
import dev.certfleet.server.installation.Settings;
import dev.certfleet.server.issuance.Issuance;
import dev.certfleet.server.issuance.IssueCertificate;
import dev.certfleet.server.issuance.Order;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.Ledger;
import dev.certfleet.server.recovery.DatabaseState;
import dev.certfleet.server.signing.LocalKey;
import dev.certfleet.server.signing.Signatures;
import dev.certfleet.server.x509.CertificationRequest;
import dev.certfleet.server.x509.Fingerprint;
import dev.certfleet.server.x509.Subject;
import java.io.IOException;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.springframework.stereotype.Component;

/**
 * Gives a node whose identity expired a new one, on its signature with the expired one's key over a challenge. It is what a
 * renewal is for an identity in force: the same rules, and the old one counts until the new one is first used.
 */
@Component
public class ComeBack {
    /** Of those who boot together, as many as leave the others of this server's callers room. */
    private static final int AT_ONCE = 8;

    private final Challenges challenges;
    private final Ledger ledger;
    private final IdentityStanding standing;
    private final FindHolder findHolder;
    private final Clusters clusters;
    private final IssueCertificate issueCertificate;
    private final DatabaseState databaseState;
    private final ComebackNews news;
    private final Duration maximumAbsence;
    private final PublicKey nobodys;
    private final Semaphore room = new Semaphore(AT_ONCE);

    ComeBack(
            Challenges challenges,
            Ledger ledger,
            IdentityStanding standing,
            FindHolder findHolder,
            Clusters clusters,
            IssueCertificate issueCertificate,
            DatabaseState databaseState,
            ComebackNews news,
            Settings settings) {
        this.challenges = challenges;
        this.ledger = ledger;
        this.standing = standing;
        this.findHolder = findHolder;
        this.clusters = clusters;
        this.issueCertificate = issueCertificate;
        this.databaseState = databaseState;
        this.news = news;
        this.maximumAbsence = settings.enrolment().checkedMaximumAbsence();
        this.nobodys = nobodys();
    }

    /**
     * @param csr the request's checked PKCS#10
     * @param requestId the node's name for this request
     * @param requestHash SHA-256 of identity and CSR: challenge and signature are others in each attempt
     */
    public Comeback comeBack(ComebackRequest request, CertificationRequest csr, String requestId, byte[] requestHash) {
        if (!room.tryAcquire()) {
            return new Comeback.Busy();
        }
        try {
            return oneOfFew(request, csr, requestId, requestHash);
        } finally {
            room.release();
        }
    }

    private Comeback oneOfFew(ComebackRequest request, CertificationRequest csr, String requestId, byte[] requestHash) {
        // 1. Where a database that forgot might call a revoked identity good, nobody comes back by one
        databaseState.requireNotBehind();
        if (maximumAbsence.isZero()) {
            return new Comeback.Refused(Why.SWITCHED_OFF, "certfleet.enrolment.maximum-absence is PT0S");
        }

        // 2. The challenge
        Fingerprint identity = new Fingerprint(request.identity());
        Optional<Instant> expires = challenges.check(request.challenge(), identity);
        if (expires.isEmpty()) {
            return new Comeback.ChallengeRefused();
        }

        // 3. The signature. Who has not proved anything is not told whether there is such an identity
        Optional<CertificateRecord> found =
                ledger.find(identity).filter(record -> record.profile().equals(ProfileName.NODE_IDENTITY.label()));
        ComebackProof proof =
                new ComebackProof(request.server(), request.identity(), request.challenge(), request.csr());
        boolean signed =
                proof.isSigned(request.signature(), found.map(ComeBack::key).orElse(nobodys));
        if (!signed || found.isEmpty()) {
            return new Comeback.Refused(
                    Why.NOT_PROVEN, "the signature is not that of an identity which is on record here");
        }
        CertificateRecord old = found.get();

        // 4. Once
        if (!challenges.use(request.challenge(), expires.get())) {
            return new Comeback.ChallengeRefused();
        }

        // 5. What the identity is worth today, and whether it was this installation that the node spoke to
        Comeback against = standing.against(old, new Fingerprint(request.server()), maximumAbsence);
        if (against != null) {
            news.refused(old, against);
            return against;
        }

        // 6. For whom, as it is on record today
        Cluster cluster = clusters.named(Objects.requireNonNull(old.cluster())).orElseThrow();
        FindHolder.Found holder = findHolder.forRenewal(cluster, ProfileName.NODE_IDENTITY, old.node());
        return switch (holder) {
            case FindHolder.Found.None none ->
                refused(old, Why.HOLDER_GONE, none.violations().toString());
            case FindHolder.Found.One one -> issue(old, one, csr, requestId, requestHash);
        };
    }

    /** 7. A new one, by the rules of a renewal; the same request again gets the same. */
    private Comeback issue(
            CertificateRecord old,
            FindHolder.Found.One holder,
            CertificationRequest csr,
            String requestId,
            byte[] requestHash) {
        Order order = new Order(
                ProfileName.NODE_IDENTITY, holder.holder(), csr, null, ComebackNews.actor(old), requestId, requestHash);
        Issuance issuance;
        try {
            issuance = issueCertificate.issue(order, holder.still(), issued -> news.cameBack(old, issued));
        } catch (FindHolder.Gone e) {
            return refused(old, Why.HOLDER_GONE, String.valueOf(e.getMessage()));
        }
        return switch (issuance) {
            case Issuance.Issued issued -> new Comeback.Back(issued.certificate(), issued.authority());
            case Issuance.Refused refused -> new Comeback.RulesBroken(refused.violations());
            case Issuance.InProgress _ -> new Comeback.InProgress();
            case Issuance.OtherRequest _ -> new Comeback.OtherRequest();
        };
    }

    private Comeback refused(CertificateRecord old, Why why, String detail) {
        Comeback refusal = new Comeback.Refused(why, detail);
        news.refused(old, refusal);
        return refusal;
    }

    /** A signature is checked for unknown identities too, so that the time it takes tells nothing. */
    private static PublicKey nobodys() {
        try {
            byte[] key = LocalKey.create(new Subject("nobody", List.of()))
                    .request()
                    .key()
                    .getEncoded();
            return Signatures.publicKey(KeyAlgorithm.P256, key);
        } catch (IOException e) {
            throw new IllegalStateException("a key that was just made has no encoding", e);
        }
    }

    private static PublicKey key(CertificateRecord identity) {
        try {
            return Certificates.parse(identity.der()).getPublicKey();
        } catch (CertificateException e) {
            throw new IllegalStateException("the ledger holds a certificate that cannot be read", e);
        }
    }
}
