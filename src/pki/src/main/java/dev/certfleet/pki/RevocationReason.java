package dev.certfleet.pki;

/** Why a certificate was revoked: CRLReason of RFC 5280 section 5.3.1, without {@code removeFromCRL}. */
public enum RevocationReason {
    UNSPECIFIED("unspecified", 0),
    KEY_COMPROMISE("keyCompromise", 1),
    CA_COMPROMISE("cACompromise", 2),
    AFFILIATION_CHANGED("affiliationChanged", 3),
    SUPERSEDED("superseded", 4),
    CESSATION_OF_OPERATION("cessationOfOperation", 5),
    /** The only reason that can be taken back. */
    CERTIFICATE_HOLD("certificateHold", 6),
    PRIVILEGE_WITHDRAWN("privilegeWithdrawn", 9),
    AA_COMPROMISE("aACompromise", 10);

    private final String label;
    private final int code;

    RevocationReason(String label, int code) {
        this.label = label;
        this.code = code;
    }

    /** The identifier RFC 5280 gives it. */
    public String label() {
        return label;
    }

    /** The value of the ASN.1 enumeration. */
    public int code() {
        return code;
    }

    /** @throws IllegalArgumentException for a name that is none of {@link #label()} */
    public static RevocationReason of(String label) {
        return Labels.find(values(), RevocationReason::label, label, "revocation reason");
    }

    /** @throws IllegalArgumentException for a code that RFC 5280 does not have, or {@code removeFromCRL} (8) */
    public static RevocationReason ofCode(int code) {
        for (RevocationReason reason : values()) {
            if (reason.code == code) {
                return reason;
            }
        }
        throw new IllegalArgumentException("no revocation reason has the code " + code);
    }
}
