package dev.certfleet.server.enrolment.tpm;

/** TPM_ALG_ID and TPM_ECC_CURVE values (part 2, sections 6.3 and 6.4) of what is taken here. */
final class TpmAlgorithm {
    static final int RSA = 0x0001;
    static final int AES = 0x0006;
    static final int SHA256 = 0x000b;
    static final int NULL = 0x0010;
    static final int RSASSA = 0x0014;
    static final int ECDSA = 0x0018;
    static final int ECC = 0x0023;
    static final int CFB = 0x0043;
    static final int NIST_P256 = 0x0003;

    private TpmAlgorithm() {}
}
