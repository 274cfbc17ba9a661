package dev.certfleet.server.enrolment.tpm;

import java.util.Arrays;

/** Reads the TPM's big-endian structures (part 2) from octets of any kind; nothing is copied before its length was checked. */
final class TpmReader {
    /** Longer than any structure that is read here: a TPM2B_PUBLIC of RSA 4096 has some 600 octets. */
    static final int LONGEST = 4096;

    private final byte[] octets;
    private final int end;
    private int at;

    private TpmReader(byte[] octets, int at, int end) {
        this.octets = octets;
        this.at = at;
        this.end = end;
    }

    static TpmReader of(byte[] octets) throws TpmFormatException {
        if (octets.length > LONGEST) {
            throw new TpmFormatException("a TPM structure has at most " + LONGEST + " octets");
        }
        return new TpmReader(octets, 0, octets.length);
    }

    int uint8() throws TpmFormatException {
        need(1);
        return octets[at++] & 0xff;
    }

    int uint16() throws TpmFormatException {
        return (uint8() << 8) | uint8();
    }

    /** As it is, with its sign: the callers compare bits. */
    int uint32() throws TpmFormatException {
        return (uint16() << 16) | uint16();
    }

    byte[] bytes(int count) throws TpmFormatException {
        need(count);
        byte[] read = Arrays.copyOfRange(octets, at, at + count);
        at += count;
        return read;
    }

    /** A TPM2B: its size in two octets, then so many. */
    byte[] sized() throws TpmFormatException {
        return bytes(uint16());
    }

    void end() throws TpmFormatException {
        if (at != end) {
            throw new TpmFormatException((end - at) + " octets follow a TPM structure");
        }
    }

    private void need(int count) throws TpmFormatException {
        if (count > end - at) {
            throw new TpmFormatException("a TPM structure ends early");
        }
    }
}
