package dev.certfleet.server.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.TestDatabase;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.crl.PublishCrl;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.CertificateSearch;
import dev.certfleet.server.ledger.Ledger;
import dev.certfleet.server.ledger.RevocationRecord;
import dev.certfleet.server.ledger.StatusChanges;
import dev.certfleet.server.revocation.RevokeCertificate;
import dev.certfleet.server.schedule.Repeating;
import io.micrometer.core.instrument.MeterRegistry;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bouncycastle.asn1.ASN1GeneralizedTime;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.X509CRLHolder;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.cert.ocsp.SingleResp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What happens to answers and CRLs as days go by, servers come and the database goes. What runs by itself is run by hand. */
class PassageOfTimeTest {
    private static final Duration WINDOW = Duration.ofMinutes(10);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final TestDatabase database = TestDatabase.create();

    @SuppressWarnings("NullAway.Init")
    private Installation installation;

    @SuppressWarnings("NullAway.Init")
    private byte[] issuer;

    @BeforeEach
    void start() {
        installation = Installation.start(database, folder, KeyAlgorithm.P256);
        issuer = installation.authority(AuthorityKind.KUBERNETES).certificate();
        installation.context.getBeansOfType(Repeating.class).values().forEach(Repeating::stop);
    }

    @AfterEach
    void stop() {
        installation.close();
        database.close();
    }

    private byte[] ask(Installation server, CertificateRecord certificate) {
        return server.post(
                        "/ocsp",
                        "application/ocsp-request",
                        new Ocsp().about(issuer, certificate.serial()).encoded())
                .body();
    }

    private BasicOCSPResp answer(Installation server, CertificateRecord certificate) {
        return Ocsp.verified(ask(server, certificate), issuer);
    }

    private static X509CertificateHolder responder(BasicOCSPResp answer) {
        return answer.getCerts()[0];
    }

    /** What a server does by itself, done once. */
    private static void turn(Installation server, String bean) {
        server.context.getBean(bean, Repeating.class).once();
    }

    @Test
    void expiredCertificateIsAnsweredForUntilTheArchiveEnds() throws Exception {
        CertificateRecord certificate = installation.issue(
                ProfileName.KUBERNETES_SUPER_ADMIN, "O=system:masters,CN=kubernetes-super-admin", Duration.ofHours(1));
        issuer = installation.authority(AuthorityKind.BREAK_GLASS).certificate();
        installation.revoke(certificate, RevocationReason.KEY_COMPROMISE);
        assertThat(Ocsp.only(answer(installation, certificate))
                        .getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_archive_cutoff))
                .isNull();

        installation.clock.advance(Duration.ofDays(5));
        BasicOCSPResp late = answer(installation, certificate);
        assertThat(Ocsp.only(late).getCertStatus()).isInstanceOf(RevokedStatus.class);
        Date cutoff = ASN1GeneralizedTime.getInstance(Ocsp.only(late)
                        .getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_archive_cutoff)
                        .getParsedValue())
                .getDate();
        assertThat(Duration.between(cutoff.toInstant(), late.getProducedAt().toInstant()))
                .isEqualTo(Duration.ofDays(7));

        installation.clock.advance(Duration.ofDays(3));
        assertThat(Ocsp.status(ask(installation, certificate))).isEqualTo(OCSPResp.UNAUTHORIZED);
    }

    @Test
    void responderIsRenewedAtHalfOfItsLifeAndItsOldKeyIsGone() throws Exception {
        CertificateRecord certificate = installation.issue();
        X509CertificateHolder first = responder(answer(installation, certificate));
        assertThat(Duration.between(
                        first.getNotBefore().toInstant(), first.getNotAfter().toInstant()))
                .isBetween(Duration.ofDays(7), Duration.ofDays(7).plusHours(1));
        assertThat(responder(answer(installation, certificate))).isEqualTo(first);

        installation.clock.advance(Duration.ofDays(3));
        turn(installation, "responderRenewal");
        assertThat(responder(answer(installation, certificate))).isEqualTo(first);

        installation.clock.advance(Duration.ofHours(13));
        turn(installation, "responderRenewal");
        X509CertificateHolder second = responder(answer(installation, certificate));
        assertThat(second).isNotEqualTo(first);
        assertThat(count("sealed_key")).isEqualTo(2 * count("authority"));

        Ledger ledger = installation.bean(Ledger.class);
        assertThat(ledger.search(
                        new CertificateSearch(null, null, null, "ocsp-responder", null, null, null), null, 100))
                .extracting(record -> record.serial().value())
                .contains(first.getSerialNumber(), second.getSerialNumber());
    }

    private long count(String table) {
        return installation
                .bean(JdbcClient.class)
                .sql("SELECT count(*) FROM " + table)
                .query(Long.class)
                .single();
    }

    @Test
    void answerNeverOutlivesTheCertificateOfItsSigner() throws Exception {
        CertificateRecord certificate = installation.issue();
        Instant end = responder(answer(installation, certificate)).getNotAfter().toInstant();

        installation.clock.advance(Duration.between(installation.clock.instant(), end.minus(Duration.ofMinutes(5))));
        SingleResp single = Ocsp.only(answer(installation, certificate));
        assertThat(single.getNextUpdate()).isEqualTo(Date.from(end));

        installation.clock.advance(Duration.ofMinutes(5));
        BasicOCSPResp after = answer(installation, certificate);
        assertThat(Ocsp.only(after).getNextUpdate().toInstant())
                .isBeforeOrEqualTo(responder(after).getNotAfter().toInstant());
        assertThat(responder(after).getNotAfter().toInstant()).isAfter(end);
    }

    @Test
    void revokedRespondersKeyIsUsedNoMore() throws Exception {
        CertificateRecord certificate = installation.issue();
        X509CertificateHolder first = responder(answer(installation, certificate));
        Ledger ledger = installation.bean(Ledger.class);
        CertificateRecord responder = ledger.find(new dev.certfleet.server.x509.Serial(first.getSerialNumber()))
                .orElseThrow();

        installation.revoke(responder, RevocationReason.KEY_COMPROMISE);
        turn(installation, "responderRenewal");

        assertThat(responder(answer(installation, certificate))).isNotEqualTo(first);
    }

    @Test
    void serversShareOneResponderEvenWhenTheyRenewItAtTheSameMoment() throws Exception {
        CertificateRecord certificate = installation.issue();
        try (Installation other = Installation.startServer(
                database, installation.clock, folder.resolve("other"), installation.sealingKey())) {
            other.context.getBeansOfType(Repeating.class).values().forEach(Repeating::stop);
            for (int i = 0; i < 3; i++) {
                BasicOCSPResp first;
                BasicOCSPResp second;
                try (var threads = Executors.newFixedThreadPool(2)) {
                    Callable<BasicOCSPResp> here = () -> {
                        turn(installation, "responderRenewal");
                        return answer(installation, certificate);
                    };
                    Callable<BasicOCSPResp> there = () -> {
                        turn(other, "responderRenewal");
                        return answer(other, certificate);
                    };
                    Future<BasicOCSPResp> a = threads.submit(here);
                    Future<BasicOCSPResp> b = threads.submit(there);
                    first = a.get();
                    second = b.get();
                }
                assertThat(responder(first)).isEqualTo(responder(second));
                installation.clock.advance(Duration.ofDays(4));
            }
            installation.revoke(certificate, RevocationReason.SUPERSEDED);
            assertThat(Ocsp.only(answer(other, certificate)).getCertStatus()).isInstanceOf(RevokedStatus.class);
        }
        assertThat(installation
                        .bean(JdbcClient.class)
                        .sql(
                                "SELECT count(*) FROM sealed_key k WHERE NOT EXISTS (SELECT 1 FROM authority WHERE sealed_key ="
                                        + " k.id) AND NOT EXISTS (SELECT 1 FROM ocsp_responder WHERE sealed_key = k.id)")
                        .query(Long.class)
                        .single())
                .isZero();
    }

    @Test
    void revocationReplacesTheAnswerAtOnceHereAndSoonOnAnotherServer() throws Exception {
        CertificateRecord certificate = installation.issue();
        try (Installation other = Installation.startServer(
                database, installation.clock, folder.resolve("other"), installation.sealingKey())) {
            other.context.getBeansOfType(Repeating.class).values().forEach(Repeating::stop);
            byte[] kept = ask(other, certificate);
            assertThat(Ocsp.only(Ocsp.verified(kept, issuer)).getCertStatus()).isSameAs(CertificateStatus.GOOD);
            assertThat(ask(other, certificate))
                    .as("the same answer, not another")
                    .isEqualTo(kept);

            RevocationRecord hold = installation.revoke(certificate, RevocationReason.CERTIFICATE_HOLD);
            assertThat(Ocsp.only(answer(installation, certificate)).getCertStatus())
                    .isInstanceOf(RevokedStatus.class);
            for (int i = 0; i < 100 && isGood(other, certificate); i++) {
                Thread.sleep(50);
            }
            assertThat(isGood(other, certificate)).isFalse();

            installation.bean(RevokeCertificate.class).release(certificate, hold, "test");
            assertThat(isGood(installation, certificate)).isTrue();
            assertThat(ask(installation, certificate)).isNotEqualTo(kept);
        }
    }

    private boolean isGood(Installation server, CertificateRecord certificate) {
        return !(Ocsp.only(answer(server, certificate)).getCertStatus() instanceof RevokedStatus);
    }

    @Test
    void certificateOfAnotherServerIsKnownWhenItIsAskedFor() throws Exception {
        try (Installation other = Installation.startServer(
                database, installation.clock, folder.resolve("other"), installation.sealingKey())) {
            for (int i = 0; i < 20; i++) {
                assertThat(isGood(other, installation.issue())).isTrue();
            }
        }
    }

    @Test
    void answersAreSignedAheadAndAgainBeforeTheyAge() throws Exception {
        CertificateRecord certificate = installation.issue();
        signAhead(1);
        assertThat(signaturesWhenAsked()).isZero();
        byte[] first = ask(installation, certificate);
        assertThat(ask(installation, certificate)).isEqualTo(first);

        installation.clock.advance(Duration.ofMinutes(6));
        signAhead(2);
        byte[] second = ask(installation, certificate);
        assertThat(Ocsp.only(Ocsp.verified(second, issuer)).getThisUpdate())
                .isAfter(Ocsp.only(Ocsp.verified(first, issuer)).getThisUpdate());
        assertThat(signaturesWhenAsked()).isZero();
    }

    /** Until there were so many answers for every certificate. */
    private void signAhead(int times) throws InterruptedException {
        turn(installation, "responderRenewal");
        assertThat(installation.bean(StatusChanges.class).catchUp(Duration.ofSeconds(10)))
                .isTrue();
        double wanted = (double) times * count("certificate");
        for (int i = 0; i < 3000 && signatures("ahead") < wanted; i++) {
            turn(installation, "signingAhead");
            Thread.sleep(10);
        }
        assertThat(signatures("ahead")).isGreaterThanOrEqualTo(wanted);
    }

    private double signaturesWhenAsked() {
        return signatures("asked");
    }

    private double signatures(String when) {
        return installation
                .bean(MeterRegistry.class)
                .counter("certfleet.ocsp.signatures", "when", when)
                .count();
    }

    @Test
    void withoutItsDatabaseItAnswersWhatItKnowsUntilNextUpdateAndThenSaysTryLater() throws InterruptedException {
        CertificateRecord certificate = installation.issue();
        assertThat(Ocsp.only(answer(installation, certificate)).getCertStatus()).isSameAs(CertificateStatus.GOOD);
        Authority authority = installation.authority(AuthorityKind.KUBERNETES);
        byte[] neverIssued = new Ocsp()
                .about(issuer, new BigInteger("0102030405060708090a0b0c0d0e0f10", 16))
                .encoded();
        byte[] withNonce =
                new Ocsp().about(issuer, certificate.serial()).withNonce(16).encoded();

        byte[] known = installation.get("/crl/" + authority.name() + ".crl").body();

        database.goAway();
        assertThat(Ocsp.only(answer(installation, certificate)).getCertStatus()).isSameAs(CertificateStatus.GOOD);
        assertThat(Ocsp.only(Ocsp.verified(post(withNonce), issuer)).getCertStatus())
                .isSameAs(CertificateStatus.GOOD);
        assertThat(Ocsp.status(post(neverIssued))).isEqualTo(OCSPResp.TRY_LATER);
        assertThat(installation.get("/crl/" + authority.name() + ".crl").body()).isEqualTo(known);
        var unknown = installation.get("/crl/none.crl");
        assertThat(unknown.statusCode()).isEqualTo(503);
        assertThat(unknown.headers().firstValue("Retry-After")).isPresent();

        installation.clock.advance(WINDOW.minusMinutes(1));
        SingleResp late = Ocsp.only(Ocsp.verified(post(withNonce), issuer));
        assertThat(late.getThisUpdate().toInstant())
                .isBefore(installation.clock.instant().minus(Duration.ofMinutes(8)));
        assertThat(Duration.between(
                        late.getThisUpdate().toInstant(), late.getNextUpdate().toInstant()))
                .isEqualTo(WINDOW);

        installation.clock.advance(Duration.ofMinutes(1));
        assertThat(Ocsp.status(ask(installation, certificate))).isEqualTo(OCSPResp.TRY_LATER);
        assertThat(Ocsp.status(post(withNonce))).isEqualTo(OCSPResp.TRY_LATER);

        database.comeBack();
        for (int i = 0; i < 100 && Ocsp.status(post(neverIssued)) == OCSPResp.TRY_LATER; i++) {
            Thread.sleep(100);
        }
        assertThat(Ocsp.status(post(neverIssued))).isEqualTo(OCSPResp.UNAUTHORIZED);
        assertThat(Ocsp.only(answer(installation, certificate)).getCertStatus()).isSameAs(CertificateStatus.GOOD);
    }

    private byte[] post(byte[] request) {
        return installation.post("/ocsp", "application/ocsp-request", request).body();
    }

    @Test
    void crlIsIssuedAgainAtHalfOfItsLifeAndExpiredCertificatesLeaveAfterOneMore() throws Exception {
        Authority authority = installation.authority(AuthorityKind.BREAK_GLASS);
        CertificateRecord certificate = installation.issue(
                ProfileName.KUBERNETES_SUPER_ADMIN, "O=system:masters,CN=kubernetes-super-admin", Duration.ofHours(1));
        CertificateRecord later = installation.issue(
                ProfileName.KUBERNETES_SUPER_ADMIN, "O=system:masters,CN=kubernetes-super-admin", Duration.ofHours(8));
        long first = number(authority);
        BigInteger serial = certificate.serial().value();

        installation.revoke(certificate, RevocationReason.SUPERSEDED);
        turn(installation, "crlPublisher");
        long second = number(authority);
        assertThat(second).isGreaterThan(first);
        assertThat(crl(authority).getRevokedCertificate(serial)).isNotNull();

        installation.clock.advance(Duration.ofHours(2));
        turn(installation, "crlPublisher");
        assertThat(number(authority)).as("nothing is due").isEqualTo(second);

        installation.revoke(later, RevocationReason.SUPERSEDED);
        turn(installation, "crlPublisher");
        assertThat(crl(authority).getRevokedCertificate(serial))
                .as("ended, and in no scheduled CRL since")
                .isNotNull();

        installation.clock.advance(PublishCrl.SCHEDULE.minusHours(2));
        turn(installation, "crlPublisher");
        long third = number(authority);
        assertThat(third).isGreaterThan(second);
        assertThat(crl(authority).getRevokedCertificate(serial)).as("one more").isNotNull();

        installation.clock.advance(PublishCrl.SCHEDULE);
        turn(installation, "crlPublisher");
        assertThat(number(authority)).isGreaterThan(third);
        assertThat(crl(authority).getRevokedCertificate(serial)).isNull();
        assertThat(crl(authority).getNextUpdate().toInstant())
                .isAfter(installation.clock.instant().plus(Duration.ofHours(23)));
    }

    private X509CRLHolder crl(Authority authority) throws Exception {
        return new X509CRLHolder(
                installation.get("/crl/" + authority.name() + ".crl").body());
    }

    private long number(Authority authority) throws Exception {
        return ASN1Integer.getInstance(
                        crl(authority).getExtension(Extension.cRLNumber).getParsedValue())
                .longValueExact();
    }
}
