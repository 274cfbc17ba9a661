package dev.certfleet.server.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.ledger.CertificateRecord;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the openssl program makes of the status service. */
class OpensslTest {
    private static final String NEVER_ISSUED = "0x0102030405060708090a0b0c0d0e0f10";

    private static final Installation INSTALLATION = Installation.shared();
    private static final Authority AUTHORITY = INSTALLATION.authority(AuthorityKind.KUBERNETES);

    @BeforeAll
    static void writeAuthority() {
        INSTALLATION.pem("ca", AUTHORITY.certificate());
    }

    /** {@code openssl ocsp} against the listener, its answer verified by the authority alone. */
    private static String ocsp(String... what) {
        List<String> arguments = new java.util.ArrayList<>(List.of("ocsp", "-issuer", "ca.pem", "-CAfile", "ca.pem"));
        arguments.addAll(List.of("-url", "http://127.0.0.1:" + INSTALLATION.port() + "/ocsp"));
        arguments.addAll(List.of(what));
        return INSTALLATION.openssl(arguments.toArray(String[]::new));
    }

    private static String serial(CertificateRecord certificate) {
        return "0x" + certificate.serial().hex();
    }

    @Test
    void seesGoodAndRevokedWithAndWithoutNonce() {
        CertificateRecord certificate = INSTALLATION.issue();
        INSTALLATION.pem("good", certificate.der());

        assertThat(ocsp("-cert", "good.pem")).contains("Response verify OK", "good.pem: good");
        assertThat(ocsp("-no_nonce", "-cert", "good.pem")).contains("Response verify OK", "good.pem: good");

        INSTALLATION.revoke(certificate, RevocationReason.KEY_COMPROMISE);

        assertThat(ocsp("-cert", "good.pem"))
                .contains("Response verify OK", "good.pem: revoked", "Reason: keyCompromise");
    }

    @Test
    void takesCertIdsWithSha1AndSha256() {
        CertificateRecord certificate = INSTALLATION.issue();
        INSTALLATION.pem("both", certificate.der());

        assertThat(ocsp("-cert", "both.pem", "-resp_text"))
                .contains("Hash Algorithm: sha1", "Response verify OK", "both.pem: good");
        assertThat(ocsp("-sha256", "-cert", "both.pem", "-resp_text"))
                .contains("Hash Algorithm: sha256", "Response verify OK", "both.pem: good");
    }

    @Test
    void answersSeveralAtOnceAndSaysUnknownOfTheOneNeverIssued() {
        CertificateRecord first = INSTALLATION.issue();
        CertificateRecord second = INSTALLATION.issue();
        INSTALLATION.revoke(second, RevocationReason.CERTIFICATE_HOLD);

        assertThat(ocsp("-serial", serial(first), "-serial", serial(second), "-serial", NEVER_ISSUED))
                .contains(
                        "Response verify OK",
                        serial(first) + ": good",
                        serial(second) + ": revoked",
                        "Reason: certificateHold",
                        NEVER_ISSUED + ": unknown");
    }

    @Test
    void neverIssuedAloneIsUnauthorized() {
        assertThat(ocsp("-serial", NEVER_ISSUED)).contains("Responder Error: unauthorized (6)");
    }

    @Test
    void issuerThatIsNotOursIsUnauthorized() {
        INSTALLATION.openssl(
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-keyout",
                "other.key",
                "-out",
                "other.pem",
                "-subj",
                "/CN=other");

        assertThat(ocsp("-issuer", "other.pem", "-serial", "1")).contains("Responder Error: unauthorized (6)");
    }

    @Test
    void takesSignedRequests() {
        CertificateRecord certificate = INSTALLATION.issue();
        INSTALLATION.openssl(
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-keyout",
                "asker.key",
                "-out",
                "asker.pem",
                "-subj",
                "/CN=asker");

        assertThat(ocsp("-signer", "asker.pem", "-signkey", "asker.key", "-serial", serial(certificate)))
                .contains("Response verify OK", serial(certificate) + ": good");
    }

    @Test
    void verifiesAgainstTheCrl() throws Exception {
        CertificateRecord good = INSTALLATION.issue();
        CertificateRecord bad = INSTALLATION.issue();
        INSTALLATION.revoke(bad, RevocationReason.SUPERSEDED);
        INSTALLATION.pem("crl-good", good.der());
        INSTALLATION.pem("crl-bad", bad.der());
        Thread.sleep(1000);
        Files.write(
                INSTALLATION.folder.resolve("ca.crl"),
                INSTALLATION.get("/crl/" + AUTHORITY.name() + ".crl").body());

        assertThat(INSTALLATION.openssl(
                        "crl", "-inform", "DER", "-in", "ca.crl", "-CAfile", "ca.pem", "-noout", "-text"))
                .contains("verify OK", "X509v3 Authority Key Identifier", "X509v3 CRL Number", "Superseded");
        INSTALLATION.openssl("crl", "-inform", "DER", "-in", "ca.crl", "-out", "crl.pem");
        assertThat(INSTALLATION.openssl(
                        "verify", "-CAfile", "ca.pem", "-CRLfile", "crl.pem", "-crl_check", "crl-good.pem"))
                .contains("crl-good.pem: OK");
        assertThat(INSTALLATION.openssl(
                        "verify", "-CAfile", "ca.pem", "-CRLfile", "crl.pem", "-crl_check", "crl-bad.pem"))
                .contains("certificate revoked");
    }

    @Test
    void findsTheIssuerUnderTheUrlInTheCertificate() throws Exception {
        Files.write(
                INSTALLATION.folder.resolve("ca.der"),
                INSTALLATION.get("/ca/" + AUTHORITY.name() + ".crt").body());

        assertThat(INSTALLATION.openssl("x509", "-inform", "DER", "-in", "ca.der"))
                .isEqualTo(Files.readString(INSTALLATION.folder.resolve("ca.pem")));
    }
}
