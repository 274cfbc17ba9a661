package dev.certfleet.endtoend;

import java.net.URI;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What OpenSSL, that everybody trusts, says of a certificate, a CRL, an OCSP responder or a listening port. */
final class OpenSsl {
    private static final Pattern STATUS = Pattern.compile("^.*: (good|revoked|unknown)$", Pattern.MULTILINE);
    private static final Pattern REASON = Pattern.compile("^\\s*Reason: (\\S+)$", Pattern.MULTILINE);
    private static final Pattern ERROR = Pattern.compile("^Responder Error: (\\S+)", Pattern.MULTILINE);

    private static final String CURVE = "ec_paramgen_curve:P-256";

    private final Place place;

    OpenSsl(Place place) {
        this.place = place;
    }

    /**
     * An OCSP answer.
     *
     * @param status {@code good}, {@code revoked} or {@code unknown}, or the responder's error, e.g. {@code unauthorized}
     * @param reason of a revocation, where one is told
     * @param verified whether OpenSSL found the signature good, by the issuer or one it delegated
     * @param text all that OpenSSL said
     */
    record OcspAnswer(String status, @Nullable String reason, boolean verified, String text) {}

    /** Asks for a certificate, by POST. */
    OcspAnswer ocsp(URI responder, Path issuer, Path certificate) {
        return ocsp(responder, issuer, "-cert", certificate.toString());
    }

    /** Asks for a serial, in hex, that need not be any certificate's. */
    OcspAnswer ocspOfSerial(URI responder, Path issuer, String serial) {
        return ocsp(responder, issuer, "-serial", "0x" + serial);
    }

    private OcspAnswer ocsp(URI responder, Path issuer, String... about) {
        var text = run(Stream.concat(
                        Stream.of(
                                "ocsp",
                                "-url",
                                responder.toString(),
                                "-CAfile",
                                issuer.toString(),
                                "-issuer",
                                issuer.toString()),
                        Arrays.stream(about)))
                .output();
        var status = find(STATUS, text);
        var error = find(ERROR, text);
        if (status == null && error == null) {
            throw new AssertionError("OpenSSL got no answer from " + responder + ":\n" + text);
        }
        return new OcspAnswer(
                status != null ? status : String.valueOf(error),
                find(REASON, text),
                text.contains("Response verify OK"),
                text);
    }

    /** {@code openssl verify -crl_check}; the CRL in PEM or DER. */
    Command.Result verifyWithCrl(Path authority, Path crl, Path certificate) {
        return run("verify", "-crl_check", "-CAfile", authority, "-CRLfile", crl, certificate);
    }

    Command.Result verify(Path authority, Path certificate) {
        return run("verify", "-x509_strict", "-CAfile", authority, certificate);
    }

    /** The serial in a certificate file, in lowercase hex. */
    String serialOf(Path certificate) {
        return serial(run("x509", "-noout", "-serial", "-in", certificate).orFail());
    }

    /** The SHA-256 of a certificate, in lowercase hex. */
    String fingerprint(Path certificate) {
        return run("x509", "-in", certificate, "-noout", "-fingerprint", "-sha256")
                .orFail()
                .stdout()
                .strip()
                .replaceAll("^.*=", "")
                .replace(":", "")
                .toLowerCase(Locale.ROOT);
    }

    /** The whole certificate as text, for what a test wants to see in it. */
    String text(Path certificate) {
        return run("x509", "-noout", "-text", "-in", certificate).orFail().stdout();
    }

    /** The serial of the certificate that a port serves in a new handshake, which must verify. */
    String servedSerial(String address, int port, Path authority) {
        return served(run(sClient(address, port, authority)), address, port);
    }

    /** The names that the certificate has which a port serves in a new handshake, as OpenSSL prints them. */
    String servedNames(String address, int port, Path authority) {
        Command.Result handshake = run(sClient(address, port, authority));
        int begin = handshake.stdout().indexOf("-----BEGIN CERTIFICATE-----");
        if (begin < 0) {
            throw new AssertionError("no certificate from " + address + ":" + port + "\n" + handshake);
        }
        return place.command("openssl", "x509", "-noout", "-ext", "subjectAltName")
                .input(handshake.stdout().substring(begin))
                .run()
                .orFail()
                .stdout();
    }

    /** The same at a port that wants a client certificate. */
    String servedSerial(String address, int port, ClientIdentity identity) {
        return served(
                run(Stream.concat(
                        sClient(address, port, identity.authority()),
                        Stream.of(
                                "-cert",
                                identity.certificate().toString(),
                                "-key",
                                identity.key().toString()))),
                address,
                port);
    }

    private static Stream<String> sClient(String address, int port, Path authority) {
        return Stream.of(
                "s_client",
                "-connect",
                address + ":" + port,
                "-verify_ip",
                address,
                "-verify_return_error",
                "-CAfile",
                authority.toString());
    }

    private String served(Command.Result handshake, String address, int port) {
        if (!handshake.stdout().contains("Verify return code: 0 (ok)")) {
            throw new AssertionError("no good handshake with " + address + ":" + port + "\n" + handshake);
        }
        return serial(place.command("openssl", "x509", "-noout", "-serial")
                .input(handshake.stdout())
                .run()
                .orFail());
    }

    private static String serial(Command.Result result) {
        return result.stdout().strip().substring("serial=".length()).toLowerCase(Locale.ROOT);
    }

    /** Makes a key, and a PKCS#10 request for it that names nobody. */
    void makeRequest(Path key, Path request) {
        run("req", "-new", "-newkey", "ec", "-pkeyopt", CURVE, "-nodes", "-subj", "/", "-keyout", key, "-out", request)
                .orFail();
    }

    /** Makes a key, and a certificate that it signs itself, for two days. */
    void makeSelfSigned(String subject, Path key, Path certificate, String... further) {
        run(Stream.concat(
                        Stream.of(
                                "req",
                                "-x509",
                                "-newkey",
                                "ec",
                                "-pkeyopt",
                                CURVE,
                                "-nodes",
                                "-days",
                                "2",
                                "-subj",
                                subject,
                                "-keyout",
                                key.toString(),
                                "-out",
                                certificate.toString()),
                        Arrays.stream(further)))
                .orFail();
    }

    /** Any other subcommand. */
    Command.Result run(Object... arguments) {
        return run(Arrays.stream(arguments).map(Object::toString));
    }

    private Command.Result run(Stream<String> arguments) {
        return place.command(Stream.concat(Stream.of("openssl"), arguments).toArray(String[]::new))
                .run();
    }

    private static @Nullable String find(Pattern pattern, String text) {
        var matcher = pattern.matcher(text);
        return matcher.find() ? matcher.group(1) : null;
    }
}
