package dev.certfleet.server.enrolment.tpm;

import java.io.IOException;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.nist.NISTNamedCurves;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.RSAPublicKey;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.math.ec.ECPoint;

/**
 * The public area of a TPM key (TPMT_PUBLIC, part 2 section 12.2.4): RSA-2048 or ECC P-256, with SHA-256 names. Its
 * attributes are what its TPM holds to, as soon as it is known that a TPM has it.
 */
public final class TpmPublicKey {
    private static final int FIXED_TPM = 1 << 1;
    private static final int FIXED_PARENT = 1 << 4;
    private static final int SENSITIVE_DATA_ORIGIN = 1 << 5;
    private static final int RESTRICTED = 1 << 16;
    private static final int DECRYPT = 1 << 17;
    private static final int SIGN = 1 << 18;

    private static final int LONGEST_DIGEST = 64;
    private static final int RSA_BITS = 2048;
    private static final int RSA_EXPONENT = 65537;
    private static final X9ECParameters P256 = NISTNamedCurves.getByName("P-256");

    /** Octets of a coordinate of P-256. */
    static final int COORDINATE = 32;

    private final byte[] area;
    private final int attributes;
    private final int aesBits;
    private final int scheme;
    private final SubjectPublicKeyInfo key;

    private TpmPublicKey(byte[] area, int attributes, int aesBits, int scheme, SubjectPublicKeyInfo key) {
        this.area = area;
        this.attributes = attributes;
        this.aesBits = aesBits;
        this.scheme = scheme;
        this.key = key;
    }

    /**
     * @param octets TPM2B_PUBLIC
     * @throws TpmFormatException where it is not one, or of a kind that is not taken
     */
    public static TpmPublicKey read(byte[] octets) throws TpmFormatException {
        TpmReader outer = TpmReader.of(octets);
        byte[] area = outer.sized();
        outer.end();
        TpmReader in = TpmReader.of(area);
        int type = in.uint16();
        int nameAlgorithm = in.uint16();
        if (nameAlgorithm != TpmAlgorithm.SHA256) {
            throw new TpmFormatException("the name algorithm of a TPM key has to be SHA-256");
        }
        int attributes = in.uint32();
        if (in.sized().length > LONGEST_DIGEST) {
            throw new TpmFormatException("the policy of a TPM key is a digest");
        }
        int aesBits = symmetric(in);
        TpmPublicKey key = switch (type) {
            case TpmAlgorithm.RSA -> {
                int scheme = scheme(in);
                yield new TpmPublicKey(area, attributes, aesBits, scheme, rsa(in));
            }
            case TpmAlgorithm.ECC -> {
                int scheme = scheme(in);
                yield new TpmPublicKey(area, attributes, aesBits, scheme, ecc(in));
            }
            default -> throw new TpmFormatException("a TPM key has to be RSA or ECC");
        };
        in.end();
        return key;
    }

    /** The bits of its AES key where it protects others; 0 where it does not (TPMT_SYM_DEF_OBJECT). */
    private static int symmetric(TpmReader in) throws TpmFormatException {
        int algorithm = in.uint16();
        if (algorithm == TpmAlgorithm.NULL) {
            return 0;
        }
        int bits = in.uint16();
        int mode = in.uint16();
        if (algorithm != TpmAlgorithm.AES || bits != 128 || mode != TpmAlgorithm.CFB) {
            throw new TpmFormatException("the symmetric algorithm of a TPM key has to be AES-128 in CFB mode");
        }
        return bits;
    }

    private static int scheme(TpmReader in) throws TpmFormatException {
        int scheme = in.uint16();
        if (scheme == TpmAlgorithm.NULL) {
            return scheme;
        }
        if (scheme != TpmAlgorithm.RSASSA && scheme != TpmAlgorithm.ECDSA) {
            throw new TpmFormatException("the scheme of a TPM key has to be none, RSASSA or ECDSA");
        }
        if (in.uint16() != TpmAlgorithm.SHA256) {
            throw new TpmFormatException("the scheme of a TPM key has to use SHA-256");
        }
        return scheme;
    }

    private static SubjectPublicKeyInfo rsa(TpmReader in) throws TpmFormatException {
        int bits = in.uint16();
        int exponent = in.uint32();
        BigInteger modulus = new BigInteger(1, in.sized());
        // An exponent of 0 stands for 65537 (part 2, section 12.2.3.5)
        if (bits != RSA_BITS || modulus.bitLength() != RSA_BITS || (exponent != 0 && exponent != RSA_EXPONENT)) {
            throw new TpmFormatException("an RSA key of a TPM has to have 2048 bits and the exponent 65537");
        }
        try {
            return new SubjectPublicKeyInfo(
                    new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE),
                    new RSAPublicKey(modulus, BigInteger.valueOf(RSA_EXPONENT)));
        } catch (IOException e) {
            throw new IllegalStateException("two integers cannot be encoded", e);
        }
    }

    private static SubjectPublicKeyInfo ecc(TpmReader in) throws TpmFormatException {
        int curve = in.uint16();
        int kdf = in.uint16();
        BigInteger x = new BigInteger(1, in.sized());
        BigInteger y = new BigInteger(1, in.sized());
        if (curve != TpmAlgorithm.NIST_P256 || kdf != TpmAlgorithm.NULL) {
            throw new TpmFormatException("an ECC key of a TPM has to be on P-256 and without a key derivation scheme");
        }
        try {
            return new SubjectPublicKeyInfo(
                    new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, SECObjectIdentifiers.secp256r1),
                    P256.getCurve().validatePoint(x, y).getEncoded(false));
        } catch (IllegalArgumentException e) {
            throw new TpmFormatException("the point of a TPM's ECC key is not on its curve");
        }
    }

    /** Whether it is what endorsement keys are: made in the TPM, never to leave it, and for nothing but decryption there. */
    public boolean isEndorsementKey() {
        return has(FIXED_TPM | FIXED_PARENT | SENSITIVE_DATA_ORIGIN | RESTRICTED | DECRYPT)
                && (attributes & SIGN) == 0
                && aesBits != 0
                && scheme == TpmAlgorithm.NULL;
    }

    /** Whether it is what attestation keys are: made in the TPM, never to leave it, and signing nothing but the TPM's own words. */
    public boolean isAttestationKey() {
        return has(FIXED_TPM | FIXED_PARENT | SENSITIVE_DATA_ORIGIN | RESTRICTED | SIGN)
                && (attributes & DECRYPT) == 0
                && scheme != TpmAlgorithm.NULL;
    }

    private boolean has(int all) {
        return (attributes & all) == all;
    }

    /** Its name (part 1, section 16): the algorithm and the digest over the whole public area, attributes included. */
    byte[] name() {
        byte[] name = new byte[2 + 32];
        name[1] = TpmAlgorithm.SHA256;
        System.arraycopy(sha256(area), 0, name, 2, 32);
        return name;
    }

    /** SHA-256 over the SubjectPublicKeyInfo, as {@code openssl pkey -pubin -outform DER | sha256sum} tells it. */
    public byte[] fingerprint() {
        return sha256(subjectPublicKeyInfo());
    }

    /** DER (RFC 5280 section 4.1.2.7). */
    public byte[] subjectPublicKeyInfo() {
        try {
            return key.getEncoded(ASN1Encoding.DER);
        } catch (IOException e) {
            throw new IllegalStateException("a key that was just read cannot be encoded", e);
        }
    }

    /** TPM2B_PUBLIC, as it was read. */
    public byte[] encoded() {
        byte[] sized = new byte[2 + area.length];
        sized[0] = (byte) (area.length >> 8);
        sized[1] = (byte) area.length;
        System.arraycopy(area, 0, sized, 2, area.length);
        return sized;
    }

    boolean isRsa() {
        return key.getAlgorithm().getAlgorithm().equals(PKCSObjectIdentifiers.rsaEncryption);
    }

    /** Of an ECC key: its point. */
    ECPoint point() {
        return P256.getCurve().decodePoint(key.getPublicKeyData().getBytes());
    }

    static X9ECParameters p256() {
        return P256;
    }

    private static byte[] sha256(byte[] octets) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(octets);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TpmPublicKey that && Arrays.equals(area, that.area);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(area);
    }
}
