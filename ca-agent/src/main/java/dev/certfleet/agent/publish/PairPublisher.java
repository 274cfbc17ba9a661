package dev.certfleet.agent.publish;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.Trouble;
import java.util.Optional;

/**
 * Puts a certificate, and its key where that is new, under their names while components read them. Both are staged before
 * the first rename, so that a full disk changes nothing. Where the key is new the certificate goes first: readers too
 * take the certificate first and the key right after it, so the two orders together leave the smallest gap (docs/adr/0004).
 */
public final class PairPublisher {
    private PairPublisher() {}

    /**
     * @param newKey PEM; empty where the published key stays
     * @throws Trouble where a file cannot be written; before the first rename, except when the disk itself breaks
     */
    public static void publish(Layout.Files files, String certificate, Optional<String> newKey) {
        try (StagedFile nextCertificate = StagedFile.write(
                files.certificate(), certificate.getBytes(US_ASCII), StagedFile.PUBLIC, files.owner())) {
            if (newKey.isEmpty()) {
                nextCertificate.commit();
                nextCertificate.settle();
                return;
            }
            try (StagedFile nextKey =
                    StagedFile.write(files.key(), newKey.get().getBytes(US_ASCII), StagedFile.PRIVATE, files.owner())) {
                nextCertificate.commit();
                nextKey.commit();
                nextKey.settle();
                nextCertificate.settle();
            }
        }
    }
}
