package dev.certfleet.server.x509;

import java.util.Set;
import org.bouncycastle.asn1.x509.KeyUsage;

/** What a certificate's key may be used for (RFC 5280 section 4.2.1.3): those bits that certfleet ever sets. */
public enum KeyUse {
    DIGITAL_SIGNATURE(KeyUsage.digitalSignature),
    /** RSA only. */
    KEY_ENCIPHERMENT(KeyUsage.keyEncipherment),
    KEY_CERT_SIGN(KeyUsage.keyCertSign),
    CRL_SIGN(KeyUsage.cRLSign);

    private final int bit;

    KeyUse(int bit) {
        this.bit = bit;
    }

    /** Bouncy Castle's bit for it. */
    public int bit() {
        return bit;
    }

    static KeyUsage extension(Set<KeyUse> uses) {
        return new KeyUsage(uses.stream().mapToInt(KeyUse::bit).reduce(0, (a, b) -> a | b));
    }
}
