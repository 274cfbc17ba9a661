package dev.certfleet.endtoend;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A TLS listener where etcd was, to see which client certificate the API server presents. */
final class InPlaceOfEtcd {
    private static final String BEGIN = "-----BEGIN CERTIFICATE-----";
    private static final String END = "-----END CERTIFICATE-----";

    private InPlaceOfEtcd() {}

    /** Waits for a client, and returns its certificate's serial as {@link OpenSsl#serialOf} does. */
    static String serialPresented(OpenSsl openSsl, NetworkNamespace node, KubernetesFolder files) {
        List<String> listen = List.of(
                // s_server ends when its standard input does
                "bash",
                "-c",
                "exec openssl s_server \"$@\" < <(exec sleep 300)",
                "s_server",
                "-accept",
                node.address() + ":" + Etcd.CLIENT_PORT,
                "-cert",
                files.pki("etcd/server.crt").toString(),
                "-key",
                files.pki("etcd/server.key").toString(),
                "-CAfile",
                files.pki("etcd/ca.crt").toString(),
                "-Verify",
                "2",
                "-verify_return_error",
                "-alpn",
                "h2");
        try (RunningProcess listener = node.start("in-place-of-etcd", listen, Map.of())) {
            Await.until("the API server connects to what it takes for etcd", Duration.ofSeconds(60), () -> {
                String output = listener.output();
                return output.contains("Client certificate") && output.contains(END);
            });
            String output = listener.output();
            int begin = output.indexOf(BEGIN, output.indexOf("Client certificate"));
            Path presented = listener.log().resolveSibling("presented-to-etcd.crt");
            Files.writeString(presented, output.substring(begin, output.indexOf(END, begin)) + END + "\n");
            return openSsl.serialOf(presented);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
