package dev.certfleet.server.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.installation.CannotStart;
import dev.certfleet.server.installation.Settings;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.StatusChanges;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.ASN1GeneralizedTime;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.oiw.OIWObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.CertificateID;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.cert.ocsp.SingleResp;
import org.bouncycastle.cert.ocsp.UnknownStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The listener through its real port: what it takes, what it refuses and how it answers, with Bouncy Castle as the reader. */
class StatusListenerTest {
    private static final String REQUEST = "application/ocsp-request";
    private static final Duration WINDOW = Duration.ofMinutes(10);
    private static final BigInteger NEVER_ISSUED = new BigInteger("0102030405060708090a0b0c0d0e0f10", 16);

    private static final Installation INSTALLATION = Installation.shared();
    private static final Authority AUTHORITY = INSTALLATION.authority(AuthorityKind.KUBERNETES);
    private static final byte[] ISSUER = AUTHORITY.certificate();
    private static final CertificateRecord CERTIFICATE = INSTALLATION.issue();

    private static byte[] ask(Ocsp request) {
        HttpResponse<byte[]> response = INSTALLATION.post("/ocsp", REQUEST, request.encoded());
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/ocsp-response");
        return response.body();
    }

    private static int refusal(byte[] request) {
        HttpResponse<byte[]> response = INSTALLATION.post("/ocsp", REQUEST, request);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-store");
        return Ocsp.status(response.body());
    }

    private static Ocsp aboutCertificate() {
        return new Ocsp().about(ISSUER, CERTIFICATE.serial());
    }

    // What is asked by POST

    @Test
    void bodyThatIsNoOcspRequestIsMalformed() {
        assertThat(refusal("hello".getBytes(StandardCharsets.US_ASCII))).isEqualTo(OCSPResp.MALFORMED_REQUEST);
        assertThat(refusal(new byte[0])).isEqualTo(OCSPResp.MALFORMED_REQUEST);
        assertThat(refusal(ISSUER)).isEqualTo(OCSPResp.MALFORMED_REQUEST);
    }

    @Test
    void requestWithSomethingBehindItIsMalformed() {
        byte[] request = aboutCertificate().encoded();
        byte[] longer = java.util.Arrays.copyOf(request, request.length + 1);

        assertThat(refusal(longer)).isEqualTo(OCSPResp.MALFORMED_REQUEST);
    }

    @Test
    void anotherVersionIsMalformed() {
        byte[] v1 = aboutCertificate().encoded();
        byte[] list = java.util.Arrays.copyOfRange(v1, 4, v1.length);
        byte[] version2 = {(byte) 0xa0, 3, 2, 1, 1};
        byte[] request = new byte[4 + version2.length + list.length];
        request[0] = 0x30;
        request[1] = (byte) (request.length - 2);
        request[2] = 0x30;
        request[3] = (byte) (request.length - 4);
        System.arraycopy(version2, 0, request, 4, version2.length);
        System.arraycopy(list, 0, request, 4 + version2.length, list.length);

        assertThat(refusal(request)).isEqualTo(OCSPResp.MALFORMED_REQUEST);

        request[8] = 0;
        assertThat(refusal(request)).isEqualTo(OCSPResp.SUCCESSFUL);
    }

    @Test
    void moreThanAHundredCertificatesAreTooMany() {
        Ocsp hundred = new Ocsp();
        for (int i = 0; i < 100; i++) {
            hundred.about(ISSUER, CERTIFICATE.serial());
        }
        assertThat(Ocsp.verified(ask(hundred), ISSUER).getResponses()).hasSize(100);

        hundred.about(ISSUER, CERTIFICATE.serial());
        assertThat(refusal(hundred.encoded())).isEqualTo(OCSPResp.MALFORMED_REQUEST);
    }

    @Test
    void unknownExtensionIsPassedOverUnlessCritical() {
        byte[] value = {5, 0};

        assertThat(refusal(aboutCertificate()
                        .withExtension("1.2.3.4", false, value)
                        .encoded()))
                .isEqualTo(OCSPResp.SUCCESSFUL);
        assertThat(refusal(
                        aboutCertificate().withExtension("1.2.3.4", true, value).encoded()))
                .isEqualTo(OCSPResp.MALFORMED_REQUEST);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 16, 32, 128})
    void sendsTheNonceBack(int octets) throws IOException {
        BasicOCSPResp response = Ocsp.verified(ask(aboutCertificate().withNonce(octets)), ISSUER);

        assertThat(Ocsp.nonce(response)).isEqualTo(new DEROctetString(new byte[octets]).getEncoded());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 129})
    void nonceOfAnotherLengthIsMalformed(int octets) {
        assertThat(refusal(aboutCertificate().withNonce(octets).encoded())).isEqualTo(OCSPResp.MALFORMED_REQUEST);
    }

    @Test
    void nonceThatIsNoOctetStringIsMalformed() {
        assertThat(refusal(aboutCertificate()
                        .withExtension("1.3.6.1.5.5.7.48.1.2", false, new byte[] {1, 2, 3})
                        .encoded()))
                .isEqualTo(OCSPResp.MALFORMED_REQUEST);
    }

    @Test
    void oversizedBodyIsRefusedWithItsLengthSaidOrNot() {
        byte[] body = new byte[OcspEndpoint.MAX_REQUEST + 1];

        assertThat(INSTALLATION.post("/ocsp", REQUEST, body).statusCode()).isEqualTo(413);
        assertThat(INSTALLATION
                        .send(HttpRequest.newBuilder(URI.create("http://localhost:" + INSTALLATION.port() + "/ocsp"))
                                .header("Content-Type", REQUEST)
                                .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body))))
                        .statusCode())
                .isEqualTo(413);
        assertThat(refusal(new byte[OcspEndpoint.MAX_REQUEST])).isEqualTo(OCSPResp.MALFORMED_REQUEST);
    }

    @Test
    void anotherMediaTypeIsRefused() {
        assertThat(INSTALLATION
                        .post("/ocsp", "application/json", aboutCertificate().encoded())
                        .statusCode())
                .isEqualTo(415);
        assertThat(INSTALLATION
                        .post(
                                "/ocsp",
                                "Application/OCSP-Request; x=y",
                                aboutCertificate().encoded())
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void otherMethodsAndPathsGetAShortAnswer() {
        HttpResponse<byte[]> put = INSTALLATION.send(
                HttpRequest.newBuilder(URI.create("http://localhost:" + INSTALLATION.port() + "/ocsp"))
                        .PUT(HttpRequest.BodyPublishers.noBody()));

        assertThat(put.statusCode()).isEqualTo(405);
        assertThat(put.headers().firstValue("Allow")).hasValue("GET, HEAD, POST");
        for (String path : List.of(
                "/", "/ocspx", "/crl/", "/crl/none.crl", "/crl/" + AUTHORITY.name(), "/ca/none.crt", "/api/v1")) {
            HttpResponse<byte[]> response = INSTALLATION.get(path);
            assertThat(response.statusCode()).as(path).isEqualTo(404);
            assertThat(response.body().length).as(path).isLessThan(100);
        }
        assertThat(INSTALLATION
                        .post("/crl/" + AUTHORITY.name() + ".crl", "text/plain", new byte[0])
                        .statusCode())
                .isEqualTo(405);
    }

    @Test
    void whatIsNotHttpGetsAShortAnswerAndNoMore() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), INSTALLATION.port())) {
            socket.setSoTimeout(5000);
            socket.getOutputStream().write("\u0016\u0003\u0001 no http\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            assertThat(answer)
                    .startsWith("HTTP/1.1 400")
                    .doesNotContain("Jetty")
                    .hasSizeLessThan(300);
        }
    }

    // What is asked by GET

    @Test
    void getTakesBase64HoweverItsSlashesCome() {
        Ocsp request = requestWithSlashes();
        String base64 = request.base64();

        for (String path : List.of(
                "/ocsp/" + URLEncoder.encode(base64, StandardCharsets.UTF_8),
                "/ocsp/" + base64,
                "/ocsp//" + base64,
                "/ocsp/" + base64.replace("=", "%3D").replace("+", "%2b"))) {
            HttpResponse<byte[]> response = INSTALLATION.get(path);
            assertThat(response.statusCode()).as(path).isEqualTo(200);
            assertThat(Ocsp.verified(response.body(), ISSUER).getResponses())
                    .as(path)
                    .hasSize(20);
        }
    }

    /** A request whose base64 has a slash, two in a row and a plus. */
    private static Ocsp requestWithSlashes() {
        for (int start = 0; start < 10_000; start++) {
            Ocsp request = new Ocsp();
            for (int i = 0; i < 20; i++) {
                request.about(
                        ISSUER,
                        BigInteger.valueOf(start)
                                .multiply(BigInteger.valueOf(0x3ff3ffbL))
                                .shiftLeft(i)
                                .add(new BigInteger("3ffffffffefbefbefbe", 16)));
            }
            if (request.base64().contains("//") && request.base64().contains("+")) {
                return request;
            }
        }
        throw new AssertionError("none found");
    }

    @Test
    void getWithoutNonceMayBeCachedUntilNextUpdate() {
        HttpResponse<byte[]> response =
                INSTALLATION.get("/ocsp/" + aboutCertificate().base64());

        SingleResp single = Ocsp.only(Ocsp.verified(response.body(), ISSUER));
        String cacheControl = response.headers().firstValue("Cache-Control").orElseThrow();
        assertThat(cacheControl).contains("public", "no-transform", "must-revalidate");
        long maxAge = Long.parseLong(cacheControl.replaceAll(".*max-age=(\\d+).*", "$1"));
        long left = Duration.between(
                        INSTALLATION.clock.instant(), single.getNextUpdate().toInstant())
                .toSeconds();
        assertThat(maxAge).isPositive().isBetween(left, left + 5);
        assertThat(response.headers().firstValue("Expires"))
                .hasValue(Conditions.date(single.getNextUpdate().toInstant()));
        assertThat(response.headers().firstValue("ETag")).isPresent();
        assertThat(Duration.between(
                        single.getThisUpdate().toInstant(),
                        single.getNextUpdate().toInstant()))
                .isEqualTo(WINDOW);
    }

    @Test
    void cacheThatHasTheAnswerIsToldSo() {
        String path = "/ocsp/" + aboutCertificate().base64();
        HttpResponse<byte[]> first = INSTALLATION.get(path);
        String tag = first.headers().firstValue("ETag").orElseThrow();
        for (int i = 0;
                i < 30
                        && INSTALLATION
                                .get(path)
                                .headers()
                                .firstValue("Last-Modified")
                                .isEmpty();
                i++) {
            pause();
        }
        String modified =
                INSTALLATION.get(path).headers().firstValue("Last-Modified").orElseThrow();

        HttpResponse<byte[]> unchanged = INSTALLATION.get(path, "If-None-Match", tag);
        assertThat(unchanged.statusCode()).isEqualTo(304);
        assertThat(unchanged.body()).isEmpty();
        assertThat(unchanged.headers().firstValue("ETag")).hasValue(tag);
        assertThat(unchanged.headers().firstValue("Cache-Control").orElseThrow())
                .contains("max-age=");
        assertThat(INSTALLATION.get(path, "If-Modified-Since", modified).statusCode())
                .isEqualTo(304);
        assertThat(INSTALLATION
                        .get(path, "If-Modified-Since", "Mon, 01 Jan 2024 00:00:00 GMT")
                        .statusCode())
                .isEqualTo(200);
        assertThat(INSTALLATION.get(path, "If-None-Match", "\"other\"").statusCode())
                .isEqualTo(200);
    }

    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void cacheThatHasGoodIsGivenRevokedWhateverDateItNames() {
        CertificateRecord certificate = INSTALLATION.issue();
        String path = "/ocsp/" + new Ocsp().about(ISSUER, certificate.serial()).base64();
        String tag = INSTALLATION.get(path).headers().firstValue("ETag").orElseThrow();

        INSTALLATION.revoke(certificate, RevocationReason.SUPERSEDED);

        assertThat(INSTALLATION.get(path, "If-None-Match", tag).statusCode()).isEqualTo(200);
        assertThat(INSTALLATION
                        .get(
                                path,
                                "If-Modified-Since",
                                Conditions.date(INSTALLATION.clock.instant().plusSeconds(60)))
                        .statusCode())
                .isEqualTo(200);
        String revoked = INSTALLATION.get(path).headers().firstValue("ETag").orElseThrow();
        assertThat(INSTALLATION.get(path, "If-None-Match", revoked).statusCode())
                .isEqualTo(304);
    }

    @Test
    void certIdComesBackAsItWasWritten() {
        for (AlgorithmIdentifier hash : List.of(
                new AlgorithmIdentifier(OIWObjectIdentifiers.idSHA1, DERNull.INSTANCE),
                new AlgorithmIdentifier(OIWObjectIdentifiers.idSHA1),
                new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha256, DERNull.INSTANCE),
                new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha256))) {
            CertificateID id = Ocsp.id(ISSUER, CERTIFICATE.serial().value(), hash);
            for (int i = 0; i < 2; i++) {
                SingleResp single = Ocsp.only(Ocsp.verified(ask(new Ocsp().about(id)), ISSUER));
                assertThat(single.getCertStatus()).isSameAs(CertificateStatus.GOOD);
                assertThat(single.getCertID().toASN1Primitive()).isEqualTo(id.toASN1Primitive());
            }
        }
    }

    @Test
    void getWithNonceIsNotCached() {
        HttpResponse<byte[]> response =
                INSTALLATION.get("/ocsp/" + aboutCertificate().withNonce(32).base64());

        assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-store");
        assertThat(Ocsp.nonce(Ocsp.verified(response.body(), ISSUER))).hasSize(34);
    }

    @Test
    void getOfWhatIsNotBase64IsABadRequest() {
        assertThat(INSTALLATION.get("/ocsp").statusCode()).isEqualTo(400);
        assertThat(INSTALLATION.get("/ocsp/").statusCode()).isEqualTo(400);
        assertThat(INSTALLATION.get("/ocsp/!!!").statusCode()).isEqualTo(400);
        assertThat(Ocsp.status(INSTALLATION
                        .get("/ocsp/" + Base64.getEncoder().encodeToString(ISSUER))
                        .body()))
                .isEqualTo(OCSPResp.MALFORMED_REQUEST);
        assertThat(INSTALLATION.get("/ocsp/" + "A".repeat(20_000)).statusCode()).isEqualTo(414);
    }

    @Test
    void headHasTheHeadersAndNoBody() {
        for (String path : List.of(
                "/ocsp/" + aboutCertificate().base64(),
                "/crl/" + AUTHORITY.name() + ".crl",
                "/ca/" + AUTHORITY.name() + ".crt")) {
            HttpResponse<byte[]> response = INSTALLATION.send(
                    HttpRequest.newBuilder(URI.create("http://localhost:" + INSTALLATION.port() + path))
                            .HEAD());
            assertThat(response.statusCode()).as(path).isEqualTo(200);
            assertThat(response.headers().firstValueAsLong("Content-Length").orElse(0))
                    .as(path)
                    .isPositive();
            assertThat(response.body()).as(path).isEmpty();
        }
    }

    // What is said

    @Test
    void revokedIsSaidWithReasonTimeAndInvalidityDate() throws Exception {
        CertificateRecord certificate = INSTALLATION.issue();
        Instant invalidity = Instant.parse("2026-11-01T02:03:04Z");
        Instant at = INSTALLATION
                .revoke(certificate, RevocationReason.KEY_COMPROMISE, invalidity)
                .revokedAt();

        SingleResp single = Ocsp.only(Ocsp.verified(ask(new Ocsp().about(ISSUER, certificate.serial())), ISSUER));

        RevokedStatus status = (RevokedStatus) single.getCertStatus();
        assertThat(status.getRevocationReason()).isEqualTo(1);
        assertThat(status.getRevocationTime()).isEqualTo(Date.from(at.truncatedTo(ChronoUnit.SECONDS)));
        assertThat(ASN1GeneralizedTime.getInstance(
                                single.getExtension(Extension.invalidityDate).getParsedValue())
                        .getDate())
                .isEqualTo(Date.from(invalidity));
    }

    @Test
    void unspecifiedReasonIsSaidBySayingNothing() {
        CertificateRecord certificate = INSTALLATION.issue();
        INSTALLATION.revoke(certificate, RevocationReason.UNSPECIFIED);

        SingleResp single = Ocsp.only(Ocsp.verified(ask(new Ocsp().about(ISSUER, certificate.serial())), ISSUER));

        assertThat(((RevokedStatus) single.getCertStatus()).hasRevocationReason())
                .isFalse();
    }

    @Test
    void reservedSerialIsNotGood() {
        CertificateRecord certificate = INSTALLATION.issue();
        INSTALLATION
                .bean(JdbcClient.class)
                .sql(
                        "UPDATE certificate SET state = 'reserved', fingerprint = NULL, certificate = NULL, issued_at = NULL"
                                + " WHERE serial = ?")
                .param(certificate.serial().bytes())
                .update();
        INSTALLATION.bean(StatusChanges.class).catchUp(Duration.ofSeconds(10));

        assertThat(refusal(new Ocsp().about(ISSUER, certificate.serial()).encoded()))
                .isEqualTo(OCSPResp.UNAUTHORIZED);
    }

    @Test
    void certificateOfAnotherAuthorityIsNotGood() {
        byte[] etcd = INSTALLATION.authority(AuthorityKind.ETCD).certificate();

        assertThat(refusal(new Ocsp().about(etcd, CERTIFICATE.serial()).encoded()))
                .isEqualTo(OCSPResp.UNAUTHORIZED);
        assertThat(refusal(new Ocsp().about(ISSUER, AUTHORITY.serial()).encoded()))
                .isEqualTo(OCSPResp.UNAUTHORIZED);
    }

    @Test
    void oneAnswerSpeaksForOneAuthority() {
        byte[] etcd = INSTALLATION.authority(AuthorityKind.ETCD).certificate();

        BasicOCSPResp response = Ocsp.verified(
                ask(new Ocsp()
                        .about(ISSUER, CERTIFICATE.serial())
                        .about(etcd, CERTIFICATE.serial())
                        .about(ISSUER, NEVER_ISSUED)
                        .about(ISSUER, BigInteger.ONE)
                        .about(ISSUER, BigInteger.valueOf(-5))),
                ISSUER);

        assertThat(response.getResponses()[0].getCertStatus()).isSameAs(CertificateStatus.GOOD);
        assertThat(response.getResponses()).hasSize(5);
        for (int i = 1; i < 5; i++) {
            assertThat(response.getResponses()[i].getCertStatus()).isInstanceOf(UnknownStatus.class);
        }
    }

    // CRLs and CA certificates

    @Test
    void crlIsSentAgainOnlyWhenItChanged() throws InterruptedException {
        String path =
                "/crl/" + INSTALLATION.authority(AuthorityKind.FRONT_PROXY).name() + ".crl";
        HttpResponse<byte[]> first = INSTALLATION.get(path);
        String tag = first.headers().firstValue("ETag").orElseThrow();
        Thread.sleep(1100);
        String modified =
                INSTALLATION.get(path).headers().firstValue("Last-Modified").orElseThrow();

        assertThat(first.headers().firstValue("Content-Type")).hasValue("application/pkix-crl");
        assertThat(INSTALLATION.get(path, "If-None-Match", tag).statusCode()).isEqualTo(304);
        assertThat(INSTALLATION.get(path, "If-None-Match", tag).body()).isEmpty();
        assertThat(INSTALLATION
                        .get(path, "If-None-Match", "\"other\", W/" + tag)
                        .statusCode())
                .isEqualTo(304);
        assertThat(INSTALLATION.get(path, "If-None-Match", "\"other\"").statusCode())
                .isEqualTo(200);
        assertThat(INSTALLATION.get(path, "If-Modified-Since", modified).statusCode())
                .isEqualTo(304);
        assertThat(INSTALLATION
                        .get(path, "If-Modified-Since", "Mon, 01 Jan 2024 00:00:00 GMT")
                        .statusCode())
                .isEqualTo(200);
        assertThat(INSTALLATION.get(path, "If-Modified-Since", "yesterday").statusCode())
                .isEqualTo(200);
    }

    @Test
    void caCertificateIsServedWithItsFingerprintAsTag() {
        HttpResponse<byte[]> response = INSTALLATION.get("/ca/" + AUTHORITY.name() + ".crt");

        assertThat(response.body()).isEqualTo(ISSUER);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/pkix-cert");
        assertThat(INSTALLATION
                        .get(
                                "/ca/" + AUTHORITY.name() + ".crt",
                                "If-None-Match",
                                response.headers().firstValue("ETag").orElseThrow())
                        .statusCode())
                .isEqualTo(304);
    }

    // The start

    @Test
    void portInUseStopsTheStartWithOneLine() {
        int taken = INSTALLATION.port();
        Settings settings = new Settings(
                Path.of("data"),
                null,
                null,
                List.of(),
                "http://localhost",
                "127.0.0.1:0",
                "127.0.0.1:" + taken,
                "127.0.0.1:0",
                new Settings.Ocsp(WINDOW),
                new Settings.Enrolment(Duration.ZERO),
                Map.of());
        StatusServer second = new StatusServer(
                settings,
                new StatusHandler(INSTALLATION.bean(OcspEndpoint.class), INSTALLATION.bean(FileEndpoints.class)),
                INSTALLATION.clock);

        assertThatThrownBy(second::start)
                .isInstanceOf(CannotStart.class)
                .hasMessageContainingAll("port " + taken, "in use", "certfleet.status")
                .message()
                .hasLineCount(1);
        assertThat(second.isRunning()).isFalse();
        assertThat(INSTALLATION.get("/ca/" + AUTHORITY.name() + ".crt").statusCode())
                .isEqualTo(200);
    }
}
