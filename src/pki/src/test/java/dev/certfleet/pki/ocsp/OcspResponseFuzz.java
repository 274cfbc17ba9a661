package dev.certfleet.pki.ocsp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.testing.Allocation;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.OCSPException;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.cert.ocsp.SingleResp;
import org.bouncycastle.cert.ocsp.UnknownStatus;

/**
 * A response is read or refused as documented; where Bouncy Castle can read it too, it reads the same. No response makes the
 * verifier believe of a certificate what its authority did not sign: whatever is changed in the answers this starts from,
 * which OpenSSL gave and whose keys nobody has, 1001 is good, 1002 revoked and 1003 not known.
 */
public final class OcspResponseFuzz {
    /** Before, Bouncy Castle counts by the Julian calendar. */
    private static final Instant GREGORIAN = Instant.parse("1583-01-01T00:00:00Z");

    private static final X509Certificate AUTHORITY = authority();
    private static final OcspVerifier VERIFIER = new OcspVerifier(
            Clock.fixed(Instant.parse("2026-11-25T00:00:00Z"), ZoneOffset.UTC), OcspVerifier.DEFAULT_TOLERANCE);

    private static final Map<Integer, Class<? extends CertificateStatus>> SIGNED = Map.of(
            0x1001,
            CertificateStatus.Good.class,
            0x1002,
            CertificateStatus.Revoked.class,
            0x1003,
            CertificateStatus.Unknown.class);

    private OcspResponseFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        OcspResponse response;
        try {
            response = Allocation.bounded(data.length, () -> OcspResponse.parse(data));
        } catch (OcspException e) {
            return;
        }
        compare(response, data);
        SIGNED.forEach((serial, status) -> {
            for (CertId.Digest digest : CertId.Digest.values()) {
                believesOnlyWhatWasSigned(response, digest, List.of(BigInteger.valueOf(serial)), status);
            }
        });
    }

    private static void believesOnlyWhatWasSigned(
            OcspResponse response,
            CertId.Digest digest,
            List<BigInteger> serials,
            Class<? extends CertificateStatus> signed) {
        OcspRequest request = OcspRequest.withoutNonce(digest, AUTHORITY, serials);
        byte[] nonce = response.nonce();
        if (nonce != null) {
            if (nonce.length < 1 || nonce.length > 128) {
                return;
            }
            request = new OcspRequest(request.certificates(), nonce);
        }
        try {
            assertThat(VERIFIER.verify(response, request, AUTHORITY).values())
                    .hasSize(1)
                    .allMatch(signed::isInstance);
        } catch (OcspException e) {
            // Not believed.
        }
    }

    private static void compare(OcspResponse ours, byte[] data) throws IOException {
        BasicOCSPResp theirs;
        try {
            theirs = (BasicOCSPResp) new OCSPResp(data).getResponseObject();
        } catch (OCSPException | IOException | RuntimeException e) {
            // Something is malformed in a part that nobody asks for, such as a name that is compared whole.
            return;
        }
        if (theirs == null) {
            throw new AssertionError("read as successful, which Bouncy Castle does not");
        }
        assertThat(theirs.getSignature()).isEqualTo(ours.signature());
        // Bouncy Castle sorts the sets in names; the octets that were signed stay as they are.
        assertThat(theirs.getTBSResponseData())
                .isEqualTo(ASN1Primitive.fromByteArray(ours.signed()).getEncoded(ASN1Encoding.DER));
        assertThat(theirs.getSignatureAlgOID().getId()).isEqualTo(ours.algorithm());
        SingleResp[] singles = theirs.getResponses();
        assertThat(singles).hasSize(ours.statuses().size());
        for (SingleResp single : singles) {
            compare(ours, single);
        }
    }

    private static void compare(OcspResponse ours, SingleResp single) {
        HexFormat hex = HexFormat.of();
        List<CertificateStatus> matching = ours.statuses().entrySet().stream()
                .filter(entry ->
                        entry.getKey().serial().equals(single.getCertID().getSerialNumber())
                                && entry.getKey()
                                        .issuerKeyHash()
                                        .equals(hex.formatHex(single.getCertID().getIssuerKeyHash()))
                                && entry.getKey()
                                        .issuerNameHash()
                                        .equals(hex.formatHex(single.getCertID().getIssuerNameHash()))
                                && single.getCertID().getHashAlgOID().getId().startsWith(start(entry.getKey())))
                .map(Map.Entry::getValue)
                .toList();
        assertThat(matching).hasSize(1);
        CertificateStatus status = matching.getFirst();
        sameTime(status.thisUpdate(), single.getThisUpdate().toInstant());
        Date nextUpdate = single.getNextUpdate();
        Instant ourNext = status.nextUpdate();
        assertThat(ourNext == null).isEqualTo(nextUpdate == null);
        if (ourNext != null && nextUpdate != null) {
            sameTime(ourNext, nextUpdate.toInstant());
        }
        switch (status) {
            case CertificateStatus.Good good ->
                assertThat(single.getCertStatus()).isNull();
            case CertificateStatus.Unknown unknown ->
                assertThat(single.getCertStatus()).isInstanceOf(UnknownStatus.class);
            case CertificateStatus.Revoked revoked -> {
                RevokedStatus same = (RevokedStatus) single.getCertStatus();
                assertThat(same.hasRevocationReason() ? same.getRevocationReason() : 0)
                        .isEqualTo(revoked.reason().code());
                sameTime(revoked.at(), same.getRevocationTime().toInstant());
            }
        }
    }

    private static void sameTime(Instant ours, Instant theirs) {
        if (ours.isAfter(GREGORIAN)) {
            assertThat(theirs).isEqualTo(ours);
        }
    }

    private static String start(CertId id) {
        return switch (id.digest()) {
            case SHA1 -> "1.3.14.";
            case SHA256 -> "2.16.";
        };
    }

    private static X509Certificate authority() {
        try (InputStream file = OcspResponseFuzz.class.getResourceAsStream("fuzz-authority.der")) {
            if (file == null) {
                throw new IllegalStateException("the authority's certificate is not among the test resources");
            }
            return Certificates.parse(file.readAllBytes());
        } catch (IOException | CertificateException e) {
            throw new IllegalStateException(e);
        }
    }
}
