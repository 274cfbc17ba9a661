package dev.certfleet.server.x509;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The random numbers of Debian's OpenSSL 0.9.8c-1 to 0.9.8g-9 (CVE-2008-0166): its pool (SHA-1 over a state of 1023 octets, a
 * running digest and two counters) as that release worked, without the line that mixed in what was added. So the
 * only inputs left are <em>how much</em> was added, the counters' width and byte order, and the process id.
 */
final class DebianRandom {
    /** The machines whose keys differ. */
    enum Machine {
        LE64("le64", 8, 144, false),
        LE32("le32", 4, 88, false),
        BE32("be32", 4, 88, true);

        final String label;
        private final int longSize;
        private final int statSize;
        private final boolean bigEndian;

        Machine(String label, int longSize, int statSize, boolean bigEndian) {
            this.label = label;
            this.longSize = longSize;
            this.statSize = statSize;
            this.bigEndian = bigEndian;
        }
    }

    /** What {@code openssl} found in the home folder when it began. */
    enum SeedFile {
        /** A {@code ~/.rnd} of 1024 octets. */
        PRESENT,
        /** None; releases up to etch's stirred in the result of looking for it all the same. */
        ABSENT_OLD,
        /** None; later releases. */
        ABSENT_NEW
    }

    private static final int STATE = 1023;
    private static final int DIGEST = 20;
    private static final int HALF = DIGEST / 2;
    private static final int POLLED = 32;
    private static final int SEED_FILE = 1024;

    private final Machine machine;
    private final int pid;
    private final MessageDigest sha1;
    private final byte[] state = new byte[STATE];
    private byte[] running = new byte[DIGEST];
    private long generated;
    private long added;
    private int filled;
    private int index;
    private boolean pendingPoll;
    private boolean stirred;

    DebianRandom(Machine machine, SeedFile seedFile, int pid) {
        this.machine = machine;
        this.pid = pid;
        try {
            this.sha1 = MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        begin(seedFile);
    }

    /** What happened before the first number was asked for; with a seed file the pool is polled only then. */
    private void begin(SeedFile seedFile) {
        switch (seedFile) {
            case PRESENT -> {
                add(machine.statSize);
                add(SEED_FILE);
                pendingPoll = true;
            }
            case ABSENT_OLD -> {
                add(machine.statSize);
                poll();
            }
            case ABSENT_NEW -> poll();
        }
    }

    /** The clock's reading, which OpenSSL adds before each big number. */
    void addTime() {
        add(machine.longSize);
    }

    /** The next octets. */
    byte[] next(int count) {
        if (pendingPoll) {
            poll();
            pendingPoll = false;
        }
        if (!stirred) {
            for (int left = STATE; left > 0; left -= DIGEST) {
                add(DIGEST);
            }
            stirred = true;
        }
        return draw(count);
    }

    private void poll() {
        add(POLLED);
        add(machine.longSize); // process id
        add(machine.longSize); // user id
        add(machine.longSize); // time
    }

    private void add(int count) {
        int at = index;
        long counter = added;
        byte[] local = running.clone();
        index += count;
        if (index >= STATE) {
            index %= STATE;
            filled = STATE;
        } else {
            filled = Math.max(filled, index);
        }
        added += (count + DIGEST - 1) / DIGEST;
        for (int done = 0; done < count; done += DIGEST) {
            int length = Math.min(DIGEST, count - done);
            sha1.update(local);
            updateFromState(at, length, STATE);
            updateCounters(generated, counter++);
            local = sha1.digest();
            for (int i = 0; i < length; i++) {
                state[at] ^= local[i];
                at = at + 1 >= STATE ? 0 : at + 1;
            }
        }
        for (int i = 0; i < DIGEST; i++) {
            running[i] ^= local[i];
        }
    }

    private byte[] draw(int count) {
        int at = index;
        long counter = generated++;
        byte[] local = running.clone();
        index += (count + HALF - 1) / HALF * HALF;
        if (index > filled) {
            index %= filled;
        }
        byte[] drawn = new byte[count];
        for (int done = 0; done < count; done += HALF) {
            if (done == 0 && pid != 0) {
                updateInteger(pid, Integer.BYTES);
            }
            sha1.update(local);
            updateCounters(counter, added);
            updateFromState(at, HALF, filled);
            local = sha1.digest();
            for (int i = 0; i < HALF; i++) {
                state[at] ^= local[i];
                at = at + 1 >= filled ? 0 : at + 1;
            }
            System.arraycopy(local, HALF, drawn, done, Math.min(HALF, count - done));
        }
        updateCounters(counter, added);
        sha1.update(local);
        sha1.update(running);
        running = sha1.digest();
        return drawn;
    }

    private void updateFromState(int at, int length, int size) {
        int tail = Math.min(length, size - at);
        sha1.update(state, at, tail);
        sha1.update(state, 0, length - tail);
    }

    private void updateCounters(long first, long second) {
        updateInteger(first, machine.longSize);
        updateInteger(second, machine.longSize);
    }

    private void updateInteger(long value, int octets) {
        for (int i = 0; i < octets; i++) {
            int shift = 8 * (machine.bigEndian ? octets - 1 - i : i);
            sha1.update((byte) (value >>> shift));
        }
    }
}
