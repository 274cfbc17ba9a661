import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Revokes by REST at one server and asks another for the status until it says so. {@code API PKCS12 CA OCSP LIST}: LIST has a
 * line for each certificate: fingerprint, serial and the path of the OCSP GET. Prints the milliseconds from the call to the
 * new answer, a line each.
 */
final class Lag {
    public static void main(String[] arguments) throws Exception {
        SSLContext tls = tls(Path.of(arguments[1]), Path.of(arguments[2]));
        for (String line : Files.readAllLines(Path.of(arguments[4]))) {
            String[] words = line.split(" ");
            URI status = URI.create(arguments[3] + "/ocsp/" + words[2]);
            byte[] serial = HexFormat.of().parseHex(words[1]);
            if (isRevoked(status, serial)) {
                throw new IllegalStateException(words[1] + " is revoked already");
            }
            long called = System.nanoTime();
            Thread call = Thread.startVirtualThread(() -> revoke(tls, arguments[0], words[0]));
            while (!isRevoked(status, serial)) {
                if (System.nanoTime() - called > 20_000_000_000L) {
                    throw new IllegalStateException(words[1] + " does not become revoked");
                }
                Thread.sleep(1);
            }
            System.out.println((System.nanoTime() - called) / 1_000_000.0);
            call.join();
        }
    }

    private static SSLContext tls(Path pkcs12, Path ca) throws Exception {
        KeyStore key = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(pkcs12)) {
            key.load(in, "bench".toCharArray());
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(key, "bench".toCharArray());
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (InputStream in = Files.newInputStream(ca)) {
            trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return tls;
    }

    private static void revoke(SSLContext tls, String api, String fingerprint) {
        try {
            HttpsURLConnection call =
                    (HttpsURLConnection) URI.create(api + "/revocations").toURL().openConnection();
            call.setSSLSocketFactory(tls.getSocketFactory());
            call.setRequestMethod("POST");
            call.setDoOutput(true);
            call.setRequestProperty("Content-Type", "application/json");
            call.getOutputStream()
                    .write(("{\"certificate\":\"" + fingerprint + "\",\"reason\":\"superseded\"}")
                            .getBytes(StandardCharsets.UTF_8));
            if (call.getResponseCode() / 100 != 2) {
                System.err.println("the revocation of " + fingerprint + " was answered with " + call.getResponseCode());
            }
            call.getInputStream().readAllBytes();
        } catch (IOException e) {
            System.err.println("the revocation of " + fingerprint + " failed: " + e.getMessage());
        }
    }

    /** certStatus stands behind the CertID, which ends with the serial: [0] is good, [1] is revoked. */
    private static boolean isRevoked(URI status, byte[] serial) throws IOException {
        HttpURLConnection call = (HttpURLConnection) status.toURL().openConnection();
        byte[] answer;
        try (InputStream in = call.getInputStream()) {
            answer = in.readAllBytes();
        }
        for (int i = 0; i + serial.length < answer.length; i++) {
            if (Arrays.equals(answer, i, i + serial.length, serial, 0, serial.length)) {
                return (answer[i + serial.length] & 0xff) == 0xa1;
            }
        }
        throw new IOException("no answer about the serial: " + List.of(answer.length));
    }

    private Lag() {}
}
