package dev.certfleet.server.status;

import dev.certfleet.pki.testing.Needs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What Go, and so etcd, reads in a CRL. */
final class GoCrl {
    private static final String PROGRAM = """
            package main

            import (
            	"crypto/x509"
            	"encoding/pem"
            	"fmt"
            	"os"
            )

            func must(err error) {
            	if err != nil {
            		fmt.Println("refused:", err)
            		os.Exit(1)
            	}
            }

            func main() {
            	der, err := os.ReadFile(os.Args[1])
            	must(err)
            	text, err := os.ReadFile(os.Args[2])
            	must(err)
            	block, _ := pem.Decode(text)
            	issuer, err := x509.ParseCertificate(block.Bytes)
            	must(err)
            	crl, err := x509.ParseRevocationList(der)
            	must(err)
            	must(crl.CheckSignatureFrom(issuer))
            	for _, entry := range crl.RevokedCertificateEntries {
            		fmt.Printf("%032x\\n", entry.SerialNumber)
            	}
            }
            """;

    private GoCrl() {}

    /** The serials, one a line, after the signature was checked; or a line that says why not. */
    static String read(Path crl, Path issuer) throws IOException, InterruptedException {
        String go = Stream.of("/usr/local/go/bin/go", "/usr/bin/go")
                .filter(path -> Files.isExecutable(Path.of(path)))
                .findFirst()
                .orElse("");
        Needs.met(!go.isEmpty(), "Go");
        Path folder = Files.createTempDirectory(crl.toAbsolutePath().getParent(), "go");
        Files.writeString(folder.resolve("main.go"), PROGRAM);
        Process process = new ProcessBuilder(List.of(go, "run", "main.go", crl.toString(), issuer.toString()))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}
