package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** The real server, on an embedded PostgreSQL in an empty data folder, reachable from the nodes of a test's network. */
final class CertfleetServer implements AutoCloseable {
    private static final int API = 18443;
    private static final int STATUS = 18080;
    private static final int MANAGEMENT = 19090;
    private static final Path OPTIONS =
            Path.of("../../deploy/server/java.options").toAbsolutePath().normalize();

    /** From a server's ports to those of the next one on the same machine. */
    private static final int NEXT = 1;

    private final RunningProcess process;
    private final Path data;
    private final String address;
    private final int number;
    private final PastClock clock;

    private CertfleetServer(RunningProcess process, Path data, String address, int number, PastClock clock) {
        this.process = process;
        this.data = data;
        this.address = address;
        this.number = number;
        this.clock = clock;
    }

    /**
     * Starts it and returns when it is ready.
     *
     * @param address the machine's address on the test's network
     * @param furtherSettings as {@code --certfleet.…=…}
     */
    static CertfleetServer start(Path data, String address, Path log, String... furtherSettings) {
        return start(data, address, 0, log, List.of(furtherSettings));
    }

    /** Starts it by that clock. */
    static CertfleetServer start(Path data, String address, Path log, PastClock clock) {
        return start(data, address, 0, log, List.of(), clock);
    }

    /** Starts two that share a database, the second with a copy of the first's sealing key. */
    static List<CertfleetServer> startTwo(Path folder, String address, Path logs, SharedPostgres database) {
        CertfleetServer first =
                start(folder.resolve("first"), address, 0, logs.resolve("first.log"), database.settings());
        try {
            Path secondData = Files.createDirectories(folder.resolve("second"));
            Path copy = Files.copy(first.data.resolve("sealing.key"), secondData.resolve("sealing.key"));
            Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-------"));
            return List.of(first, start(secondData, address, NEXT, logs.resolve("second.log"), database.settings()));
        } catch (IOException e) {
            first.close();
            throw new UncheckedIOException(e);
        } catch (RuntimeException | AssertionError e) {
            first.close();
            throw e;
        }
    }

    private static CertfleetServer start(Path data, String address, int number, Path log, List<String> further) {
        return start(data, address, number, log, further, PastClock.NONE);
    }

    private static CertfleetServer start(
            Path data, String address, int number, Path log, List<String> further, PastClock clock) {
        List<String> argv = Command.concat(
                List.of(
                        java(),
                        "@" + OPTIONS,
                        "-jar",
                        jar().toString(),
                        "--certfleet.data=" + data,
                        "--certfleet.names=" + address,
                        "--certfleet.api=" + address + ":" + (API + number),
                        "--certfleet.status=" + address + ":" + (STATUS + number),
                        "--certfleet.status-url=http://" + address + ":" + STATUS,
                        "--certfleet.management=" + managementAddress(address) + ":" + (MANAGEMENT + number)),
                further);
        RunningProcess process =
                RunningProcess.start("certfleet-server " + (number + 1), log, argv, clock.environment());
        CertfleetServer server = new CertfleetServer(process, data, address, number, clock);
        process.awaitReady(Duration.ofMinutes(5), () -> process.output().contains("certfleet is ready"));
        return server;
    }

    /** On loopback in any case, at an address that no other test's server has: several may run on one machine. */
    private static String managementAddress(String address) {
        return address.replaceFirst("^\\d+", "127");
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static Path jar() {
        Path target = Path.of("../../ca-server/target");
        try (Stream<Path> files = Files.list(target)) {
            return files.filter(file -> file.getFileName().toString().endsWith("-exec.jar"))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("there is no server in " + target + "; run mvn package"))
                    .toAbsolutePath()
                    .normalize();
        } catch (IOException e) {
            throw new UncheckedIOException("there is no server in " + target + "; run mvn package", e);
        }
    }

    /** The base URL for agents. */
    URI url() {
        return URI.create("https://" + address + ":" + (API + number));
    }

    /** The base URL of OCSP, CRLs and CA certificates. */
    URI statusUrl() {
        return URI.create("http://" + address + ":" + (STATUS + number));
    }

    Path authority() {
        return data.resolve("installation-ca.crt");
    }

    Path data() {
        return data;
    }

    /** A client with the first operator's credential, which is one file with key and certificates. */
    Operator firstOperator() {
        try {
            String credential = Files.readString(data.resolve("operator-admin.pem"));
            int certificates = credential.indexOf("-----BEGIN CERTIFICATE-----");
            Path key = Files.writeString(data.resolve("operator.key"), credential.substring(0, certificates));
            Path certificate = Files.writeString(data.resolve("operator.crt"), credential.substring(certificates));
            return new Operator(url(), new ClientIdentity(authority(), certificate, key), clock);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same after its credential was lost or has ended: with the one that whoever has the data folder may ask for. */
    Operator recoveredOperator() {
        Command.of(
                        java(),
                        "-jar",
                        jar().toString(),
                        "operator-credential",
                        "--name",
                        "admin",
                        "--data",
                        data.toString())
                .run()
                .orFail();
        return firstOperator();
    }

    RunningProcess process() {
        return process;
    }

    @Override
    public void close() {
        process.close();
    }
}
