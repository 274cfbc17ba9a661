package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A TPM 2.0 in a process of its own (swtpm), made as its maker would: with an endorsement key and that key's certificate. */
final class SoftwareTpm implements AutoCloseable {
    private final RunningProcess process;
    private final int port;
    private final Path authority;

    private SoftwareTpm(RunningProcess process, int port, Path authority) {
        this.process = process;
        this.port = port;
        this.authority = authority;
    }

    static SoftwareTpm start(Path folder) {
        try {
            Path state = Files.createDirectories(folder.resolve("state"));
            Path maker = Files.createDirectories(folder.resolve("maker"));
            Files.writeString(folder.resolve("localca.conf"), """
                    statedir = %1$s
                    signingkey = %1$s/signkey.pem
                    issuercert = %1$s/issuercert.pem
                    certserial = %1$s/certserial
                    """.formatted(maker));
            Files.writeString(
                    folder.resolve("localca.options"),
                    "--platform-manufacturer test\n--platform-version 1\n--platform-model test\n");
            Files.writeString(folder.resolve("setup.conf"), """
                    create_certs_tool = /usr/bin/swtpm_localca
                    create_certs_tool_config = %1$s/localca.conf
                    create_certs_tool_options = %1$s/localca.options
                    active_pcr_banks = sha256
                    """.formatted(folder));
            Command.of(
                            "swtpm_setup",
                            "--tpm2",
                            "--tpmstate",
                            state.toString(),
                            "--create-ek-cert",
                            "--config",
                            folder.resolve("setup.conf").toString(),
                            "--logfile",
                            folder.resolve("setup.log").toString())
                    .run()
                    .orFail();
            int port = twoPorts();
            RunningProcess process = RunningProcess.start(
                    "swtpm",
                    folder.resolve("swtpm.log"),
                    List.of(
                            "swtpm",
                            "socket",
                            "--tpm2",
                            "--tpmstate",
                            "dir=" + state,
                            "--server",
                            "type=tcp,port=" + port + ",bindaddr=127.0.0.1",
                            "--ctrl",
                            "type=tcp,port=" + (port + 1) + ",bindaddr=127.0.0.1",
                            "--flags",
                            "not-need-init,startup-clear"),
                    Map.of());
            process.awaitReady(Duration.ofSeconds(20), () -> listens(port + 1));
            return new SoftwareTpm(process, port, maker.resolve("issuercert.pem"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The control port is the server's next one, as the TCTI wants it. */
    private static int twoPorts() throws IOException {
        while (true) {
            try (ServerSocket first = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                    ServerSocket second =
                            new ServerSocket(first.getLocalPort() + 1, 1, InetAddress.getLoopbackAddress())) {
                return second.getLocalPort() - 1;
            } catch (IOException | IllegalArgumentException e) {
                // The next one is taken, or there is none: try others
            }
        }
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /** How tpm2-tools reach it. */
    String tcti() {
        return "swtpm:host=127.0.0.1,port=" + port;
    }

    /** The CA certificate of its maker. */
    Path authority() {
        return authority;
    }

    /** The endorsement key's fingerprint, by tpm2-tools and OpenSSL alone, as the guide tells operators to. */
    String fingerprint(Path folder, String kind) {
        Path pem = folder.resolve("ek." + kind + ".pem");
        tool("tpm2_createek", "-c", folder.resolve("ek.ctx").toString(), "-G", kind, "-f", "pem", "-u", pem.toString());
        tool("tpm2_flushcontext", "-t");
        return Command.of("sh", "-c", "openssl pkey -pubin -in '" + pem + "' -outform DER | sha256sum")
                .run()
                .orFail()
                .stdout()
                .substring(0, 64);
    }

    private void tool(String... argv) {
        Command.of(argv).environment("TPM2TOOLS_TCTI", tcti()).run().orFail();
    }

    @Override
    public void close() {
        process.close();
    }
}
