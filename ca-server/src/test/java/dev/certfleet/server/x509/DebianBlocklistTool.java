package dev.certfleet.server.x509;

import dev.certfleet.server.x509.DebianRandom.Machine;
import dev.certfleet.server.x509.DebianRandom.SeedFile;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;

/**
 * Computes every elliptic curve key that Debian's broken OpenSSL could make and writes {@link DebianBlocklist}'s resources. Takes the
 * folder to write to; runs for some minutes.
 */
final class DebianBlocklistTool {
    private static final int PIDS = 32768;

    private DebianBlocklistTool() {}

    /** Both curves, with the names that the resources have. */
    enum Curve {
        P256("p256", SECObjectIdentifiers.secp256r1),
        P384("p384", SECObjectIdentifiers.secp384r1);

        final String label;
        private final ASN1ObjectIdentifier id;
        private final X9ECParameters parameters;

        Curve(String label, ASN1ObjectIdentifier id) {
            this.label = label;
            this.id = id;
            this.parameters = CustomNamedCurves.getByOID(id);
        }
    }

    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        Files.createDirectories(folder);
        for (Curve curve : Curve.values()) {
            for (Machine machine : Machine.values()) {
                Path file = folder.resolve(curve.label + "-" + machine.label + ".bin");
                try (OutputStream out = Files.newOutputStream(file)) {
                    out.write(encode(entries(curve, machine)));
                }
            }
        }
    }

    /** The private key that {@code openssl ecparam -genkey} made: a number below the curve's order, drawn until there is one. */
    static BigInteger privateKey(Curve curve, Machine machine, SeedFile seedFile, int pid) {
        DebianRandom random = new DebianRandom(machine, seedFile, pid);
        BigInteger order = curve.parameters.getN();
        BigInteger drawn;
        do {
            random.addTime();
            drawn = new BigInteger(1, random.next(order.bitLength() / 8));
        } while (drawn.signum() == 0 || drawn.compareTo(order) >= 0);
        return drawn;
    }

    static SubjectPublicKeyInfo publicKey(Curve curve, BigInteger privateKey) {
        byte[] point = new FixedPointCombMultiplier()
                .multiply(curve.parameters.getG(), privateKey)
                .getEncoded(false);
        return new SubjectPublicKeyInfo(new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, curve.id), point);
    }

    private static LongStream entries(Curve curve, Machine machine) {
        return IntStream.range(0, PIDS)
                .boxed()
                .flatMap(pid -> Stream.of(SeedFile.values()).map(seed -> privateKey(curve, machine, seed, pid)))
                .mapToLong(key -> DebianBlocklist.entryOf(publicKey(curve, key)))
                .sorted()
                .distinct();
    }

    private static byte[] encode(LongStream entries) {
        long[] sorted = entries.toArray();
        byte[] counts = new byte[1 << 16];
        ByteBuffer rest = ByteBuffer.allocate(Integer.BYTES * sorted.length);
        for (long entry : sorted) {
            counts[(int) (entry >>> 32)]++;
            rest.putInt((int) entry);
        }
        return ByteBuffer.allocate(counts.length + rest.capacity())
                .put(counts)
                .put(rest.flip())
                .array();
    }
}
