package dev.certfleet.server.ocsp;

import dev.certfleet.pki.der.DerException;
import dev.certfleet.pki.der.DerReader;
import dev.certfleet.pki.der.Tag;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An OCSP request (RFC 6960 section 4.1.1). Signatures are let through unchecked: status is public, and nobody is told more
 * for having signed. Extensions other than the nonce are ignored unless they are critical (section 4.1.2).
 *
 * @param certificates at least one
 * @param nonce the value of the nonce extension (RFC 9654); null where there is none
 */
record OcspRequest(List<CertId> certificates, byte @Nullable [] nonce) {
    /** Far above any real request: clients of RFC 5019 ask for one. */
    static final int MAX_CERTIFICATES = 100;

    /** RFC 9654 section 2.1. */
    static final int MAX_NONCE = 128;

    /** OCSPRequest, TBSRequest, requestList, Request and CertID, each with a length below 128. */
    private static final int PLAIN_HEADERS = 10;

    /** Of a CertID: the hash's algorithm, the hashes of the issuer's name and key. */
    private static final int PARTS_BEFORE_SERIAL = 3;

    private static final int V1 = 0;
    private static final String NONCE = "1.3.6.1.5.5.7.48.1.2";
    private static final int MAX_EXTENSIONS = 32;

    /** @throws DerException where it is not a request, or breaks one of the limits above */
    static OcspRequest read(byte[] der) throws DerException {
        DerReader whole = DerReader.of(der);
        DerReader request = whole.sequence();
        whole.end();
        DerReader tbs = request.sequence();
        if (request.hasMore()) {
            signature(request.enter(Tag.constructed(0)));
        }
        request.end();
        return tbs(tbs);
    }

    /**
     * The CertID of a request that holds nothing else, which is what RFC 5019 has clients send; null for every other request,
     * and for what is none. No more is read than it takes to tell.
     */
    static @Nullable CertId plain(byte[] der) {
        int end = der.length;
        if (end < PLAIN_HEADERS || end > 2 + 0x7f) {
            return null;
        }
        for (int at = 0; at < PLAIN_HEADERS; at += 2) {
            if (der[at] != Tag.SEQUENCE || der[at + 1] != end - at - 2) {
                return null;
            }
        }
        int serial = PLAIN_HEADERS;
        for (int before = 0; before < PARTS_BEFORE_SERIAL; before++) {
            if (serial + 2 > end || der[serial + 1] < 0) {
                return null;
            }
            serial += 2 + der[serial + 1];
        }
        serial += 2;
        if (serial >= end || der[serial - 2] != Tag.INTEGER || der[serial - 1] != end - serial) {
            return null;
        }
        SerialKey key = isShortest(der, serial) ? CertId.serial(Arrays.copyOfRange(der, serial, end)) : null;
        return key == null
                ? null
                : new CertId(
                        Arrays.copyOfRange(der, PLAIN_HEADERS, serial - 2),
                        key,
                        Arrays.copyOfRange(der, PLAIN_HEADERS - 2, end));
    }

    /** A number without octets that say nothing (X.690 section 8.3.2). */
    private static boolean isShortest(byte[] der, int at) {
        return at + 1 == der.length || der[at] != 0 || der[at + 1] < 0;
    }

    private static OcspRequest tbs(DerReader tbs) throws DerException {
        if (tbs.nextIs(Tag.constructed(0))) {
            DerReader version = tbs.enter(Tag.constructed(0));
            if (version.smallInteger(Tag.INTEGER) != V1) {
                throw new DerException("a version of the protocol that is not 1");
            }
            version.end();
        }
        if (tbs.nextIs(Tag.constructed(1))) {
            tbs.skip();
        }
        List<CertId> certificates = requestList(tbs.sequence());
        byte[] nonce = null;
        if (tbs.hasMore()) {
            DerReader explicit = tbs.enter(Tag.constructed(2));
            nonce = extensions(explicit, true);
        }
        tbs.end();
        return new OcspRequest(certificates, nonce);
    }

    private static List<CertId> requestList(DerReader list) throws DerException {
        List<CertId> certificates = new ArrayList<>();
        while (list.hasMore()) {
            if (certificates.size() == MAX_CERTIFICATES) {
                throw new DerException("more than " + MAX_CERTIFICATES + " certificates");
            }
            DerReader request = list.sequence();
            certificates.add(certId(request.element()));
            if (request.hasMore()) {
                extensions(request.enter(Tag.constructed(0)), false);
            }
            request.end();
        }
        if (certificates.isEmpty()) {
            throw new DerException("a request for no certificate");
        }
        return certificates;
    }

    private static CertId certId(byte[] der) throws DerException {
        DerReader certId = DerReader.of(der).sequence();
        DerReader algorithm = certId.sequence();
        algorithm.objectIdentifier();
        if (algorithm.hasMore()) {
            algorithm.nothing();
        }
        algorithm.end();
        certId.octetString();
        certId.octetString();
        byte[] number = certId.integer().toByteArray();
        certId.end();
        // Behind the beginning there is the serial's INTEGER alone; its header is as short as its contents allow.
        int contents = der.length - headerLength(der);
        int beginning = contents - number.length - (number.length < 0x80 ? 2 : number.length < 0x100 ? 3 : 4);
        return new CertId(
                Arrays.copyOfRange(der, der.length - contents, der.length - contents + beginning),
                CertId.serial(number),
                der);
    }

    private static int headerLength(byte[] der) {
        int length = der[1] & 0xff;
        return length < 0x80 ? 2 : 2 + (length & 0x7f);
    }

    /** @return the value of the nonce extension, if it is looked for and there is one */
    private static byte @Nullable [] extensions(DerReader explicit, boolean ofRequest) throws DerException {
        DerReader list = explicit.sequence();
        explicit.end();
        Set<String> seen = new HashSet<>();
        byte[] nonce = null;
        while (list.hasMore()) {
            DerReader extension = list.sequence();
            String identifier = extension.objectIdentifier();
            boolean critical = extension.nextIs(Tag.BOOLEAN) && extension.bool();
            byte[] value = extension.octetString();
            extension.end();
            if (!seen.add(identifier) || seen.size() > MAX_EXTENSIONS) {
                throw new DerException("an extension twice, or too many of them");
            }
            if (ofRequest && identifier.equals(NONCE)) {
                nonce = checkedNonce(value);
            } else if (critical) {
                throw new DerException("a critical extension that is not understood: " + identifier);
            }
        }
        return nonce;
    }

    private static byte[] checkedNonce(byte[] value) throws DerException {
        DerReader reader = DerReader.of(value);
        int length = reader.octetString().length;
        reader.end();
        if (length == 0 || length > MAX_NONCE) {
            throw new DerException("a nonce of " + length + " octets");
        }
        return value;
    }

    private static void signature(DerReader explicit) throws DerException {
        DerReader signature = explicit.sequence();
        explicit.end();
        signature.sequence();
        signature.bitString();
        if (signature.hasMore()) {
            signature.enter(Tag.constructed(0));
        }
        signature.end();
    }
}
