package dev.certfleet.server.ocsp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.der.DerException;
import dev.certfleet.pki.der.DerWriter;
import dev.certfleet.pki.testing.Allocation;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.ocsp.CertificateID;
import org.bouncycastle.cert.ocsp.OCSPReq;
import org.bouncycastle.cert.ocsp.Req;

/**
 * A request is read or refused as documented. What is read is within the limits, its CertIDs are written again octet by
 * octet, and Bouncy Castle reads the same in them.
 */
public final class OcspRequestFuzz {
    private OcspRequestFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        OcspRequest request;
        try {
            request = Allocation.bounded(data.length, () -> OcspRequest.read(data));
        } catch (DerException e) {
            return;
        }
        assertThat(request.certificates()).hasSizeBetween(1, OcspRequest.MAX_CERTIFICATES);
        for (CertId certId : request.certificates()) {
            same(certId, new CertificateID(org.bouncycastle.asn1.ocsp.CertID.getInstance(certId.der())));
        }
        compare(request, data);
        atAGlance(request, data);
    }

    /**
     * What is read at a glance is what is read in full, where its beginning is one: it counts only where that is an issuer's
     * octet for octet.
     */
    private static void atAGlance(OcspRequest request, byte[] data) {
        CertId plain = OcspRequest.plain(data);
        CertId first = request.certificates().getFirst();
        if (plain != null && Arrays.equals(plain.beginning(), first.beginning())) {
            assertThat(request.nonce()).isNull();
            assertThat(request.certificates()).hasSize(1);
            assertThat(plain.der()).isEqualTo(first.der());
            assertThat(plain.serial()).isEqualTo(first.serial());
        }
    }

    private static void compare(OcspRequest ours, byte[] data) {
        Req[] list;
        ASN1OctetString nonce;
        try {
            OCSPReq theirs = new OCSPReq(data);
            list = theirs.getRequestList();
            Extension extension = theirs.getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce);
            nonce = extension == null ? null : extension.getExtnValue();
        } catch (IOException | RuntimeException e) {
            // Something is malformed in a part that nobody asks for, such as the requestor's name or the signature.
            return;
        }
        assertThat(list).hasSize(ours.certificates().size());
        for (int i = 0; i < list.length; i++) {
            same(ours.certificates().get(i), list[i].getCertID());
        }
        assertThat(ours.nonce() == null).isEqualTo(nonce == null);
        assertThat(nonce == null || Arrays.equals(ours.nonce(), nonce.getOctets()))
                .isTrue();
    }

    private static void same(CertId ours, CertificateID theirs) {
        byte[] again = new DerWriter()
                .sequence(body -> body.encoded(ours.beginning()).integer(theirs.getSerialNumber()))
                .toByteArray();
        assertThat(again).isEqualTo(ours.der());
        SerialKey serial = ours.serial();
        if (serial != null) {
            assertThat(theirs.getSerialNumber())
                    .isEqualTo(new BigInteger(
                            1,
                            ByteBuffer.allocate(16)
                                    .putLong(serial.high())
                                    .putLong(serial.low())
                                    .array()));
        }
    }
}
