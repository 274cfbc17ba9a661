package dev.certfleet.server.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.crl.CrlPart;
import dev.certfleet.server.crl.PublishCrl;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.RevocationRecord;
import dev.certfleet.server.revocation.RevokeCertificate;
import dev.certfleet.server.schedule.Repeating;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.cert.X509CRLHolder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** CRLs as the listener serves them, read by the JDK and by Bouncy Castle. */
class CrlTest {
    private static final Installation INSTALLATION = Installation.shared();
    private static final Authority AUTHORITY = INSTALLATION.authority(AuthorityKind.KUBERNETES);

    private static byte[] served() {
        return INSTALLATION.get("/crl/" + AUTHORITY.name() + ".crl").body();
    }

    private static X509CRL crl() throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        X509CRL crl = (X509CRL) factory.generateCRL(new ByteArrayInputStream(served()));
        X509Certificate issuer =
                (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(AUTHORITY.certificate()));
        crl.verify(issuer.getPublicKey());
        assertThat(crl.getIssuerX500Principal()).isEqualTo(issuer.getSubjectX500Principal());
        return crl;
    }

    private static BigInteger number(X509CRL crl) throws Exception {
        ASN1OctetString value = ASN1OctetString.getInstance(crl.getExtensionValue("2.5.29.20"));
        return ASN1Integer.getInstance(ASN1Primitive.fromByteArray(value.getOctets()))
                .getValue();
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    /** How long it takes until the condition holds. */
    private static Duration until(Condition condition) throws Exception {
        Instant start = INSTALLATION.clock.instant();
        while (!condition.holds()) {
            if (Duration.between(start, INSTALLATION.clock.instant()).toSeconds() > 20) {
                throw new AssertionError("it did not come to that");
            }
            Thread.sleep(20);
        }
        return Duration.between(start, INSTALLATION.clock.instant());
    }

    private static boolean lists(CertificateRecord certificate) throws Exception {
        return crl().getRevokedCertificate(certificate.serial().value()) != null;
    }

    @Test
    void hasWhatRfc5280Demands() throws Exception {
        X509CRLHolder crl = new X509CRLHolder(served());

        assertThat(crl.toASN1Structure().getVersionNumber()).isEqualTo(2);
        assertThat(AuthorityKeyIdentifier.fromExtensions(crl.getExtensions()).getKeyIdentifierOctets())
                .isEqualTo(AUTHORITY.keyIdentifier());
        assertThat(Duration.between(
                        crl.getThisUpdate().toInstant(), crl.getNextUpdate().toInstant()))
                .isEqualTo(PublishCrl.VALIDITY);
        assertThat(crl.getCriticalExtensionOIDs().isEmpty()).isTrue();
    }

    @Test
    void isThereForEveryAuthorityFromTheStart() {
        for (AuthorityKind kind : AuthorityKind.values()) {
            if (kind != AuthorityKind.INSTALLATION) {
                assertThat(INSTALLATION
                                .get("/crl/" + INSTALLATION.authority(kind).name() + ".crl")
                                .statusCode())
                        .isEqualTo(200);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(RevocationReason.class)
    void listsARevocationWithItsReason(RevocationReason reason) throws Exception {
        CertificateRecord certificate = INSTALLATION.issue();
        BigInteger before = number(crl());

        INSTALLATION.revoke(certificate, reason);
        Duration taken = until(() -> lists(certificate));

        X509CRL crl = crl();
        X509CRLEntry entry = crl.getRevokedCertificate(certificate.serial().value());
        assertThat(taken).isLessThan(Duration.ofSeconds(5));
        assertThat(number(crl)).isGreaterThan(before);
        if (reason == RevocationReason.UNSPECIFIED) {
            assertThat(entry.hasExtensions()).isFalse();
        } else {
            assertThat(entry.getExtensionValue("2.5.29.21")).endsWith(0x0a, 1, reason.code());
        }
    }

    @Test
    void listsTheInvalidityDate() throws Exception {
        CertificateRecord certificate = INSTALLATION.issue();
        INSTALLATION.revoke(certificate, RevocationReason.UNSPECIFIED, Instant.parse("2026-11-01T02:03:04Z"));
        until(() -> lists(certificate));

        X509CRLEntry entry = crl().getRevokedCertificate(certificate.serial().value());

        assertThat(entry.getNonCriticalExtensionOIDs()).containsExactly("2.5.29.24");
        assertThat(new String(entry.getExtensionValue("2.5.29.24"), java.nio.charset.StandardCharsets.ISO_8859_1))
                .endsWith("20261101020304Z");
    }

    @Test
    void releasedHoldLeavesAtOnce() throws Exception {
        CertificateRecord certificate = INSTALLATION.issue();
        RevocationRecord hold = INSTALLATION.revoke(certificate, RevocationReason.CERTIFICATE_HOLD);
        until(() -> lists(certificate));

        assertThat(INSTALLATION.bean(RevokeCertificate.class).release(certificate, hold, "test"))
                .isTrue();

        until(() -> !lists(certificate));
    }

    @Test
    void manyPublishersAtOnceMakeOneCrlOfABurst() throws Exception {
        List<CertificateRecord> certificates = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            certificates.add(INSTALLATION.issue());
        }
        long before = number(crl()).longValueExact();
        PublishCrl publishCrl = INSTALLATION.bean(PublishCrl.class);
        for (CertificateRecord certificate : certificates) {
            INSTALLATION.revoke(certificate, RevocationReason.SUPERSEDED);
        }
        List<Future<?>> publishers = new ArrayList<>();
        try (var threads = Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < 8; i++) {
                publishers.add(threads.submit(() -> publishCrl.publish(AUTHORITY, CrlPart.FULL)));
            }
        }
        for (Future<?> publisher : publishers) {
            publisher.get();
        }
        INSTALLATION.context.getBean("crlFetcher", Repeating.class).once();

        assertThat(crl().getRevokedCertificates())
                .extracting(X509CRLEntry::getSerialNumber)
                .containsAll(certificates.stream()
                        .map(certificate -> certificate.serial().value())
                        .toList());
        assertThat(number(crl()).longValueExact()).isGreaterThan(before);
        assertThat(publishCrl.publish(AUTHORITY, CrlPart.FULL)).isFalse();
    }
}
