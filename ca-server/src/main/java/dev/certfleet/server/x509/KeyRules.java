package dev.certfleet.server.x509;

import dev.certfleet.pki.KeyAlgorithm;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;

/** Which public keys are certified. */
public final class KeyRules {
    private final DebianBlocklist blocklist;

    public KeyRules(DebianBlocklist blocklist) {
        this.blocklist = blocklist;
    }

    /** Everything that is wrong with a key; empty for a good one. */
    public List<Violation> check(SubjectPublicKeyInfo key, Set<KeyAlgorithm> allowed) {
        return Skeleton.missing(blocklist);
    }
}
