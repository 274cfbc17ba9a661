package dev.certfleet.server.x509;

import java.util.Collection;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.KeyPurposeId;

/** What a certificate may be presented for (RFC 5280 section 4.2.1.12). */
public enum Purpose {
    SERVER(KeyPurposeId.id_kp_serverAuth),
    CLIENT(KeyPurposeId.id_kp_clientAuth),
    OCSP_SIGNING(KeyPurposeId.id_kp_OCSPSigning);

    private final KeyPurposeId id;

    Purpose(KeyPurposeId id) {
        this.id = id;
    }

    /** Its object identifier. */
    public KeyPurposeId id() {
        return id;
    }

    static ExtendedKeyUsage extension(Collection<Purpose> purposes) {
        return new ExtendedKeyUsage(purposes.stream().sorted().map(Purpose::id).toArray(KeyPurposeId[]::new));
    }
}
