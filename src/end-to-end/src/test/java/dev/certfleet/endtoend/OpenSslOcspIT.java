package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** {@code openssl ocsp} in all its forms of a request, and what it makes of the answers. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpenSslOcspIT {
    private static final String NEVER_ISSUED = "0x00112233445566778899aabbccddeeff";

    private final Path folder = WorkFolder.of(OpenSslOcspIT.class);
    private final OpenSsl openSsl = new OpenSsl(Place.THIS_MACHINE);
    private final StatusWorld world = StatusWorld.get();
    private Path authority;
    private Path other;
    private ClientIdentity good;
    private ClientIdentity revoked;
    private ClientIdentity held;

    @BeforeAll
    void start() {
        authority = world.cluster("openssl", "p256");
        other = world.cluster("openssl-other", "p256");
        good = world.client("openssl", "good");
        revoked = world.client("openssl", "revoked");
        held = world.client("openssl", "held");
        world.revoke(revoked, "keyCompromise", Map.of("invalidityDate", "2026-01-02T03:04:05Z"));
        world.revoke(held, "certificateHold", Map.of());
    }

    @Test
    void tellsGoodRevokedAndHeldByEitherHash() {
        for (List<String> hash : List.of(List.<String>of(), List.of("-sha256"))) {
            for (ClientIdentity client : List.of(good, revoked, held)) {
                String said = ask(Command.concat(hash, of(client)));
                assertThat(said).contains("Response verify OK");
                assertThat(said).doesNotContain("WARNING", "Error");
                if (client.equals(good)) {
                    assertThat(said).contains("good.crt: good");
                } else if (client.equals(revoked)) {
                    assertThat(said).contains("revoked.crt: revoked", "Reason: keyCompromise", "Revocation Time: ");
                } else {
                    assertThat(said).contains("held.crt: revoked", "Reason: certificateHold");
                }
            }
        }
    }

    @Test
    void answersForSeveralInOneRequest() {
        String serial = "0x" + openSsl.serialOf(held.certificate());
        String said = ask(Command.concat(
                Command.concat(of(good), of(revoked)), List.of("-serial", serial, "-serial", NEVER_ISSUED)));
        assertThat(said)
                .contains(
                        "Response verify OK",
                        "good.crt: good",
                        "revoked.crt: revoked",
                        serial + ": revoked",
                        NEVER_ISSUED + ": unknown");
    }

    @Test
    void refusesASerialThatWasNeverIssuedWhereItIsAskedForAlone() {
        assertThat(ask(List.of("-serial", NEVER_ISSUED))).contains("Responder Error: unauthorized (6)");
    }

    @Test
    void mixesHashesInOneRequest() {
        assertThat(ask(Command.concat(of(good), Command.concat(List.of("-sha256"), of(revoked)))))
                .contains("Response verify OK", "good.crt: good", "revoked.crt: revoked");
    }

    @Test
    void repeatsTheNonceAndAnswersWithoutOne() {
        // OpenSSL compares the nonces, and warns where its own is not repeated.
        assertThat(ask(Command.concat(of(good), List.of("-resp_text"))))
                .contains("OCSP Nonce:", "good.crt: good")
                .doesNotContain("no nonce in response", "Nonce Verify error");
        assertThat(ask(Command.concat(of(good), List.of("-no_nonce", "-resp_text"))))
                .contains("good.crt: good")
                .doesNotContain("OCSP Nonce:");
    }

    @Test
    void answersSignedRequests() {
        List<String> signer = List.of(
                "-signer", good.certificate().toString(), "-signkey", good.key().toString());
        assertThat(ask(Command.concat(of(revoked), signer))).contains("Response verify OK", "revoked.crt: revoked");
    }

    /** No signer speaks for two authorities: OpenSSL believes such an answer only where it need not check who signed it. */
    @Test
    void answersForOneAuthorityWhereTwoAreAskedAbout() {
        ClientIdentity foreign = world.client("openssl-other", "foreign");
        List<String> two = List.of(
                "-issuer", other.toString(), "-cert", foreign.certificate().toString());
        List<String> mixed = Command.concat(of(good), two);
        assertThat(ask(Command.concat(mixed, List.of("-no_cert_checks"))))
                .contains("Response verify OK", "good.crt: good", "foreign.crt: unknown");
        assertThat(ask(mixed)).contains("Response Verify Failure");
    }

    @Test
    void refusesAnIssuerThatIsNotOurs() {
        Path stranger = folder.resolve("stranger.crt");
        openSsl.makeSelfSigned("/CN=stranger", folder.resolve("stranger.key"), stranger);
        assertThat(openSsl.run("ocsp", "-url", world.ocsp(), "-issuer", stranger, "-serial", "0x1234", "-noverify")
                        .output())
                .contains("Responder Error: unauthorized (6)");
    }

    @Test
    void tellsWhenTheKeyWasLost() {
        assertThat(ask(Command.concat(of(revoked), List.of("-resp_text"))))
                .containsSubsequence("Invalidity Date", "Jan  2 03:04:05 2026 GMT");
    }

    @Test
    void isFreshByEveryClock() {
        assertThat(ask(Command.concat(of(good), List.of("-status_age", "660", "-validity_period", "5"))))
                .contains("Response verify OK", "good.crt: good")
                .doesNotContain("Status times invalid");
    }

    @Test
    void isSignedByAResponderThatTheAuthorityDelegatedAndThatNeedsNoCheckItself() {
        String said = ask(Command.concat(of(good), List.of("-resp_text")));
        assertThat(said).contains("Response verify OK");
        assertThat(said.substring(said.indexOf("Certificate:")))
                .containsSubsequence("Extended Key Usage", "OCSP Signing")
                .contains("OCSP No Check")
                .contains("Digital Signature");
    }

    @Test
    void isNotBelievedByWhoTrustsAnotherAuthority() {
        String said = openSsl.run(
                        "ocsp",
                        "-url",
                        world.ocsp(),
                        "-CAfile",
                        other,
                        "-issuer",
                        authority,
                        "-cert",
                        good.certificate())
                .output();
        assertThat(said).contains("Response Verify Failure");
    }

    @Test
    void answersGetWithWhatCachesNeed() throws IOException {
        Path request = folder.resolve("get.der");
        Path answer = folder.resolve("get.answer");
        Path headers = folder.resolve("get.headers");
        openSsl.run("ocsp", "-issuer", authority, "-cert", good.certificate(), "-no_nonce", "-reqout", request)
                .orFail();
        String base64 = Base64.getEncoder().encodeToString(Files.readAllBytes(request));
        String encoded = base64.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D");
        for (String path : List.of(base64, encoded)) {
            assertThat(curl("-D", headers.toString(), "-o", answer.toString(), world.ocsp() + "/" + path))
                    .isEqualTo("200");
            assertThat(openSsl.run(
                                    "ocsp",
                                    "-respin",
                                    answer,
                                    "-CAfile",
                                    authority,
                                    "-issuer",
                                    authority,
                                    "-cert",
                                    good.certificate())
                            .output())
                    .contains("Response verify OK", "good.crt: good");
        }
        String seen = Files.readString(headers);
        assertThat(seen.toLowerCase(java.util.Locale.ROOT))
                .contains("content-type: application/ocsp-response", "etag: \"", "cache-control: max-age=");
        String tag = seen.lines()
                .filter(line -> line.regionMatches(true, 0, "etag:", 0, 5))
                .findFirst()
                .orElseThrow()
                .substring(5)
                .strip();
        // An answer that is signed anew each time has a new tag: only one that is kept can be the client's already.
        assertThat(curl("-H", "If-None-Match: " + tag, "-o", answer.toString(), world.ocsp() + "/" + encoded))
                .isIn("200", "304");
        assertThat(curl("-H", "If-None-Match: *", "-o", answer.toString(), world.ocsp() + "/" + encoded))
                .isEqualTo("304");
    }

    @Test
    void refusesWhatIsMalformedOversizedOrTooMuch() throws IOException {
        Path answer = folder.resolve("bad.answer");
        Path malformed = Files.writeString(folder.resolve("malformed.der"), "0 is no OCSP request");
        assertThat(post(malformed, answer)).isEqualTo("200");
        assertThat(openSsl.run("ocsp", "-respin", answer, "-noverify").output())
                .contains("Responder Error: malformedrequest (1)");

        Path oversized = Files.write(folder.resolve("oversized.der"), new byte[70_000]);
        assertThat(post(oversized, answer)).isEqualTo("413");

        List<String> tooMany = new ArrayList<>();
        for (int serial = 1; serial <= 101; serial++) {
            tooMany.addAll(List.of("-serial", "0x" + Integer.toHexString(serial)));
        }
        assertThat(ask(tooMany)).contains("Responder Error: malformedrequest (1)");
        assertThat(ask(tooMany.subList(0, 200)))
                .as("a hundred are answered")
                .contains("Response verify OK", "0x64: unknown");
    }

    private static List<String> of(ClientIdentity client) {
        return List.of("-cert", client.certificate().toString());
    }

    private String ask(List<String> further) {
        return openSsl.run(Command.concat(
                                List.of(
                                        "ocsp",
                                        "-url",
                                        world.ocsp().toString(),
                                        "-CAfile",
                                        authority.toString(),
                                        "-issuer",
                                        authority.toString()),
                                further)
                        .toArray())
                .output();
    }

    private String post(Path body, Path answer) {
        return curl(
                "-H",
                "Content-Type: application/ocsp-request",
                "--data-binary",
                "@" + body,
                "-o",
                answer.toString(),
                world.ocsp().toString());
    }

    /** The HTTP status. */
    private static String curl(String... arguments) {
        return Command.of(Command.concat(
                        List.of("curl", "-sS", "--path-as-is", "-w", "%{http_code}"), Arrays.asList(arguments)))
                .run()
                .orFail()
                .stdout();
    }
}
