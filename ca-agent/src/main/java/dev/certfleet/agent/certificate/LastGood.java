package dev.certfleet.agent.certificate;

import dev.certfleet.agent.certificate.CertificateState.Held;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.publish.PairPublisher;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.PrivateKeys;
import java.io.IOException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Optional;

/** The pair that was proven before the published one, kept until that is proven as well. */
final class LastGood {
    private final CertificateFolder folder;
    private final Layout.Files files;

    LastGood(CertificateFolder folder, Layout.Files files) {
        this.folder = folder;
        this.files = files;
    }

    /** Before the first of its files is replaced. */
    void keep(String certificate, KeyPair keys) {
        folder.writeLast(certificate, PrivateKeys.encode(keys.getPrivate()));
    }

    /**
     * Whether it can take the place of the published one: whole, not ended, of an authority that is still trusted.
     *
     * @param bundle PEM of the authorities that its consumers trust; empty where none is known
     */
    boolean isUsable(Held last, Optional<String> bundle, Instant now) {
        Optional<String> certificate = folder.lastCertificate();
        if (certificate.isEmpty() || !last.notAfter().isAfter(now)) {
            return false;
        }
        try {
            X509Certificate leaf = Certificates.parse(certificate.get()).getFirst();
            PrivateKey key = PrivateKeys.decode(folder.lastKey().orElse(""));
            return Certificates.fingerprint(leaf).equals(last.id())
                    && PrivateKeys.belongTogether(key, leaf.getPublicKey())
                    && bundle.map(trusted -> IssuedCheck.isTrusted(certificate.get(), trusted))
                            .orElse(true);
        } catch (CertificateException | IllegalArgumentException e) {
            return false;
        }
    }

    /** Publishes it. @throws IOException where it is gone */
    void putBack() throws IOException {
        String certificate = folder.lastCertificate().orElseThrow(LastGood::gone);
        String key = folder.lastKey().orElseThrow(LastGood::gone);
        PairPublisher.publish(files, certificate, Optional.of(key));
        folder.writeCurrentCertificate(certificate);
    }

    private static IOException gone() {
        return new IOException("the last good pair is gone from the state folder");
    }
}
