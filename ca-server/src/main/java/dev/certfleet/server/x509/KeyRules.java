package dev.certfleet.server.x509;

import dev.certfleet.pki.KeyAlgorithm;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/**
 * Which public keys are certified. Rules: {@code key-algorithm} (neither EC, RSA nor Ed25519, or not for this profile), {@code
 * key-encoding} (cannot be read), those of {@link EllipticCurveRules} and {@link RsaRules}, and {@code debian-weak-key}.
 */
public final class KeyRules {
    private static final Set<KeyAlgorithm> CURVES = EnumSet.of(KeyAlgorithm.P256, KeyAlgorithm.P384);
    private static final Set<KeyAlgorithm> RSA =
            EnumSet.of(KeyAlgorithm.RSA2048, KeyAlgorithm.RSA3072, KeyAlgorithm.RSA4096);

    private final DebianBlocklist blocklist;

    public KeyRules(DebianBlocklist blocklist) {
        this.blocklist = blocklist;
    }

    /** Everything that is wrong with a key; empty for a good one. */
    public List<Violation> check(SubjectPublicKeyInfo key, Set<KeyAlgorithm> allowed) {
        List<Violation> violations = new ArrayList<>(ofKind(key, allowed));
        if (violations.isEmpty() && blocklist.contains(key)) {
            violations.add(new Violation(
                    "debian-weak-key",
                    "the key was made by Debian's OpenSSL of 2006 to 2008 and is public (CVE-2008-0166)"));
        }
        return List.copyOf(violations);
    }

    private static List<Violation> ofKind(SubjectPublicKeyInfo key, Set<KeyAlgorithm> allowed) {
        if (key.getPublicKeyData().getPadBits() != 0) {
            return List.of(new Violation("key-encoding", "the key is not of whole octets"));
        }
        ASN1ObjectIdentifier algorithm = key.getAlgorithm().getAlgorithm();
        if (X9ObjectIdentifiers.id_ecPublicKey.equals(algorithm) && overlap(allowed, CURVES)) {
            return EllipticCurveRules.check(key, allowed);
        }
        if (PKCSObjectIdentifiers.rsaEncryption.equals(algorithm) && overlap(allowed, RSA)) {
            return RsaRules.check(key, allowed);
        }
        if (EdECObjectIdentifiers.id_Ed25519.equals(algorithm) && allowed.contains(KeyAlgorithm.ED25519)) {
            return EllipticCurveRules.checkEdwards(key);
        }
        return List.of(new Violation(
                "key-algorithm",
                "the key is of the algorithm " + algorithm + "; it can be "
                        + String.join(
                                ", ",
                                allowed.stream()
                                        .sorted()
                                        .map(KeyAlgorithm::label)
                                        .toList())));
    }

    private static boolean overlap(Set<KeyAlgorithm> allowed, Set<KeyAlgorithm> kind) {
        return kind.stream().anyMatch(allowed::contains);
    }
}
