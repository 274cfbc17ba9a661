package dev.certfleet.server.signing;

import java.io.IOException;
import java.io.OutputStream;

/** What is signed, where it may be too large to be held in memory: it is written, piece by piece, as often as needed. */
interface Message {
    void writeTo(OutputStream out) throws IOException;
}
