package dev.certfleet.server.x509;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.RSAPublicKey;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;

/**
 * Keys that Debian's OpenSSL 0.9.8c-1 to 0.9.8g-9 could make, whose random numbers depended on little but the process id
 * (CVE-2008-0166).
 *
 * <p>Built in are all P-256 and P-384 keys of {@code openssl ecparam -genkey}: process ids 0 to 32767; 64-bit and 32-bit
 * little-endian and 32-bit big-endian machines; with a {@code ~/.rnd}, and without one in the older and the newer releases.
 * They were computed by {@code DebianBlocklistTool} in this module's tests, which the tests hold against published keys.
 *
 * <p>RSA keys are <em>not</em> built in: 294,912 of each size would take days of computing. Lists of them in the format of
 * Debian's package openssl-blacklist exist publicly for 3072 and 4096 bits too and are added by {@link #with}.
 *
 * <p>Format of {@code debian-weak/*.bin}: 65,536 octets, the numbers of entries whose first two octets are 0, 1 and so on; then
 * of each entry, in ascending order, octets 3 to 6. An entry is the first 6 octets of SHA-256 over the key's
 * SubjectPublicKeyInfo with named curve and uncompressed point. A good key is among them by chance once in 10^9.
 */
public final class DebianBlocklist {
    static final List<String> FILES =
            List.of("p256-le64", "p256-le32", "p256-be32", "p384-le64", "p384-le32", "p384-be32");

    private static final int BUCKETS = 1 << 16;
    private static final Pattern LINE = Pattern.compile("[0-9a-f]{20}");

    private final long[] entries;
    private final Set<String> rsa;

    private DebianBlocklist(long[] entries, Set<String> rsa) {
        this.entries = entries;
        this.rsa = Set.copyOf(rsa);
    }

    /** What comes with certfleet; about 5 MB of memory. */
    public static DebianBlocklist builtIn() {
        long[] entries =
                FILES.stream().flatMapToLong(DebianBlocklist::read).sorted().toArray();
        return new DebianBlocklist(entries, Set.of());
    }

    /**
     * This list and another one of RSA keys.
     *
     * @param blacklist a file of Debian's openssl-blacklist: a line for each key with the last 20 hexadecimal digits of SHA-1
     *     over {@code Modulus=}, the modulus in upper-case hexadecimal, and a line feed; lines that begin with # are comments
     * @throws IllegalArgumentException for any other line
     */
    public DebianBlocklist with(Reader blacklist) throws IOException {
        Set<String> all = new HashSet<>(rsa);
        BufferedReader lines = new BufferedReader(blacklist);
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String entry = line.strip().toLowerCase(Locale.ROOT);
            if (entry.isEmpty() || entry.startsWith("#")) {
                continue;
            }
            if (!LINE.matcher(entry).matches()) {
                throw new IllegalArgumentException("not a line of an openssl-blacklist: " + line);
            }
            all.add(entry);
        }
        return new DebianBlocklist(entries, all);
    }

    /** Whether the key is on the list. */
    boolean contains(SubjectPublicKeyInfo key) {
        return PKCSObjectIdentifiers.rsaEncryption.equals(key.getAlgorithm().getAlgorithm())
                ? rsa.contains(entryOf(modulus(key)))
                : Arrays.binarySearch(entries, entryOf(key)) >= 0;
    }

    /** How many keys it knows. */
    public int size() {
        return entries.length + rsa.size();
    }

    /** The first 48 bits of the key's SHA-256. */
    static long entryOf(SubjectPublicKeyInfo key) {
        try {
            return ByteBuffer.wrap(digest("SHA-256", key.getEncoded())).getLong() >>> 16;
        } catch (IOException e) {
            throw new IllegalArgumentException("a key that cannot be encoded", e);
        }
    }

    /** An RSA key's line in an openssl-blacklist. */
    static String entryOf(BigInteger modulus) {
        String text = "Modulus=" + modulus.toString(16).toUpperCase(Locale.ROOT) + "\n";
        return HexFormat.of()
                .formatHex(digest("SHA-1", text.getBytes(StandardCharsets.US_ASCII)))
                .substring(20);
    }

    private static BigInteger modulus(SubjectPublicKeyInfo key) {
        try {
            return RSAPublicKey.getInstance(key.parsePublicKey()).getModulus();
        } catch (IOException e) {
            throw new IllegalArgumentException("not an RSA key", e);
        }
    }

    private static LongStream read(String name) {
        try (InputStream file = DebianBlocklist.class.getResourceAsStream("debian-weak/" + name + ".bin")) {
            if (file == null) {
                throw new IllegalStateException("the program lacks its resource debian-weak/" + name + ".bin");
            }
            byte[] counts = file.readNBytes(BUCKETS);
            ByteBuffer rest = ByteBuffer.wrap(file.readAllBytes());
            LongStream.Builder entries = LongStream.builder();
            for (int bucket = 0; bucket < BUCKETS; bucket++) {
                for (int i = 0; i < (counts[bucket] & 0xff); i++) {
                    entries.add((long) bucket << 32 | (rest.getInt() & 0xffffffffL));
                }
            }
            return entries.build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] digest(String algorithm, byte[] text) {
        try {
            return MessageDigest.getInstance(algorithm).digest(text);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has " + algorithm, e);
        }
    }
}
