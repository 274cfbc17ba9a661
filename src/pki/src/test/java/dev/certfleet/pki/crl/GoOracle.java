package dev.certfleet.pki.crl;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.pki.testing.Needs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Go's own reader of CRLs, which is etcd's. */
final class GoOracle {
    private static final Path PROGRAM = Path.of("src/test/go/read-crls/main.go");

    private GoOracle() {}

    /** One line for each: {@code ok NUMBER SERIAL…}, or {@code error WHY}. */
    static List<String> read(List<byte[]> crls) throws IOException, InterruptedException {
        String go = Stream.of("/usr/local/go/bin/go", "/usr/bin/go")
                .filter(program -> Files.isExecutable(Path.of(program)))
                .findFirst()
                .orElse("");
        Needs.met(!go.isEmpty(), "Go (package golang-go)");
        Path input = Files.createTempFile("crls", ".hex");
        try {
            Files.writeString(
                    input,
                    crls.stream().map(HexFormat.of()::formatHex).collect(Collectors.joining("\n", "", "\n")),
                    US_ASCII);
            Process process = new ProcessBuilder(go, "run", PROGRAM.toString())
                    .redirectInput(input.toFile())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            List<String> lines = new String(process.getInputStream().readAllBytes(), US_ASCII)
                    .lines()
                    .toList();
            if (process.waitFor() != 0 || lines.size() != crls.size()) {
                throw new IOException("Go read " + lines.size() + " of " + crls.size() + " CRLs");
            }
            return lines;
        } finally {
            Files.delete(input);
        }
    }
}
