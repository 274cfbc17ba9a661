package dev.certfleet.server.signing;

import java.io.IOException;
import java.io.InputStream;

/** The encoded entries of a CRL, one after the other, as {@link CrlEntryWriter} wrote them. They are read several times. */
public interface CrlEntries {
    /** In octets; 0 where nothing is revoked. */
    long length();

    /** All of them from the first. */
    InputStream open() throws IOException;
}
