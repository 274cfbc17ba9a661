package dev.certfleet.agent.etcd;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.server.Credential;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.PrivateKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/** Reads pairs as they are on disk. */
public final class Pairs {
    private Pairs() {}

    /** Empty where there is none, or none that belongs together, which may be for a moment. */
    public static Optional<Credential> read(Layout.Files files) {
        try {
            List<X509Certificate> chain = Certificates.parse(Files.readString(files.certificate(), US_ASCII));
            // In an older form where the pair is an adopted one
            PrivateKey key = PrivateKeys.decode(
                    Files.readString(files.key(), US_ASCII), chain.getFirst().getPublicKey());
            return PrivateKeys.belongTogether(key, chain.getFirst().getPublicKey())
                    ? Optional.of(new Credential(key, chain))
                    : Optional.empty();
        } catch (IOException | CertificateException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
