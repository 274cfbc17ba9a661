package dev.certfleet.server.x509.lint;

import java.io.IOException;
import java.util.List;

/**
 * Certificates travel in every TLS handshake; RFC 8446 section 4.4.2 bounds a chain by 2^24 octets, but Java's clients refuse
 * handshake messages of more than 32 kB. An RSA-4096 leaf with 100 long names stays below.
 */
final class SizeLint implements Lint {
    private static final int MAX_OCTETS = 28 * 1024;

    @Override
    public String name() {
        return "size";
    }

    @Override
    public List<String> check(Twin twin) {
        try {
            int size = twin.certificate().getEncoded().length;
            return Lint.unless(size <= MAX_OCTETS, "it has " + size + " octets, more than " + MAX_OCTETS);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
