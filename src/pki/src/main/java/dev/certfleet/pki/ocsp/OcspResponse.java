package dev.certfleet.pki.ocsp;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.pki.der.DerException;
import dev.certfleet.pki.der.DerReader;
import dev.certfleet.pki.der.Tag;
import dev.certfleet.pki.ocsp.OcspException.Problem;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A successful OCSP response as it was read (RFC 6960 section 4.2): nothing in it is proven before {@link OcspVerifier} has
 * looked at it.
 *
 * @param signed the octets under the signature
 * @param algorithm the signature algorithm's object identifier
 * @param certificates certificates that the responder sent along
 */
public record OcspResponse(
        ResponderId responder,
        Instant producedAt,
        Map<CertId, CertificateStatus> statuses,
        byte @Nullable [] nonce,
        byte[] signed,
        String algorithm,
        byte[] signature,
        List<X509Certificate> certificates) {
    /** The largest response that is read. */
    public static final int MAX_SIZE = 64 << 10;

    private static final String BASIC = "1.3.6.1.5.5.7.48.1.1";
    private static final int MAX_CERTIFICATES = 8;

    /** Who says to have signed it. */
    public sealed interface ResponderId {
        /** @param name the subject's DER encoding */
        record ByName(byte[] name) implements ResponderId {}

        /** @param hash SHA-1 over the public key, hexadecimal */
        record ByKey(String hash) implements ResponderId {}
    }

    /**
     * @throws OcspException with the responder's own status where it is not {@code successful}, or
     *     {@link Problem#MALFORMED}
     */
    public static OcspResponse parse(byte[] encoding) throws OcspException {
        try {
            DerReader outer = DerReader.of(encoding, MAX_SIZE);
            DerReader response = outer.sequence();
            outer.end();
            int status = response.smallInteger(Tag.ENUMERATED);
            if (status != 0) {
                response.end();
                throw responderError(status);
            }
            DerReader wrapper = response.enter(Tag.constructed(0));
            response.end();
            DerReader bytes = wrapper.sequence();
            wrapper.end();
            String type = bytes.objectIdentifier();
            if (!type.equals(BASIC)) {
                throw new DerException("a response of type " + type);
            }
            byte[] basic = bytes.octetString();
            bytes.end();
            return basic(DerReader.of(basic, MAX_SIZE));
        } catch (DerException | CertificateException e) {
            throw new OcspException(Problem.MALFORMED, "not an OCSP response: " + e.getMessage(), e);
        }
    }

    private static OcspException responderError(int status) throws DerException {
        Problem problem = switch (status) {
            case 1 -> Problem.MALFORMED_REQUEST;
            case 2 -> Problem.INTERNAL_ERROR;
            case 3 -> Problem.TRY_LATER;
            case 5 -> Problem.SIGNATURE_REQUIRED;
            case 6 -> Problem.UNAUTHORIZED;
            default -> throw new DerException("response status " + status);
        };
        return new OcspException(problem, "the responder answered " + problem);
    }

    private static OcspResponse basic(DerReader outer) throws DerException, CertificateException {
        DerReader basic = outer.sequence();
        outer.end();
        byte[] signed = basic.element();
        DerReader algorithm = basic.sequence();
        String oid = algorithm.objectIdentifier();
        if (algorithm.hasMore()) {
            algorithm.nothing();
        }
        algorithm.end();
        byte[] signature = basic.bitString();
        List<X509Certificate> certificates = certificates(basic);
        basic.end();
        Body body = Body.read(DerReader.of(signed, MAX_SIZE));
        return new OcspResponse(
                body.responder, body.producedAt, body.statuses, body.nonce, signed, oid, signature, certificates);
    }

    private static List<X509Certificate> certificates(DerReader basic) throws DerException, CertificateException {
        List<X509Certificate> certificates = new ArrayList<>();
        if (basic.nextIs(Tag.constructed(0))) {
            DerReader wrapper = basic.enter(Tag.constructed(0));
            DerReader list = wrapper.sequence();
            wrapper.end();
            while (list.hasMore()) {
                if (certificates.size() == MAX_CERTIFICATES) {
                    throw new DerException("more than " + MAX_CERTIFICATES + " certificates");
                }
                certificates.add(Certificates.parse(list.element()));
            }
        }
        return List.copyOf(certificates);
    }

    /** ResponseData: what is under the signature. */
    private record Body(
            ResponderId responder,
            Instant producedAt,
            Map<CertId, CertificateStatus> statuses,
            byte @Nullable [] nonce) {
        static Body read(DerReader outer) throws DerException {
            DerReader data = outer.sequence();
            outer.end();
            if (data.nextIs(Tag.constructed(0))) {
                throw new DerException("a version other than 1, or the default spelt out");
            }
            ResponderId responder = responder(data);
            Instant producedAt = data.generalizedTime();
            Map<CertId, CertificateStatus> statuses = new LinkedHashMap<>();
            DerReader list = data.sequence();
            while (list.hasMore()) {
                single(list.sequence(), statuses);
            }
            byte[] nonce = null;
            if (data.nextIs(Tag.constructed(1))) {
                nonce = extensions(data.enter(Tag.constructed(1)));
            }
            data.end();
            return new Body(responder, producedAt, Map.copyOf(statuses), nonce);
        }

        private static ResponderId responder(DerReader data) throws DerException {
            if (data.nextIs(Tag.constructed(1))) {
                DerReader name = data.enter(Tag.constructed(1));
                byte[] encoding = name.element();
                name.end();
                return new ResponderId.ByName(encoding);
            }
            DerReader key = data.enter(Tag.constructed(2));
            byte[] hash = key.octetString();
            key.end();
            return new ResponderId.ByKey(HexFormat.of().formatHex(hash));
        }

        private static void single(DerReader single, Map<CertId, CertificateStatus> statuses) throws DerException {
            CertId id = CertId.read(single);
            StatusReader status = new StatusReader(single);
            if (statuses.put(id, status.read()) != null) {
                throw new DerException("two answers for one certificate");
            }
            single.end();
        }
    }

    /** Everything of a SingleResponse behind its CertID. */
    private record StatusReader(DerReader single) {
        CertificateStatus read() throws DerException {
            if (single.nextIs(Tag.context(0))) {
                empty(0);
                Instant thisUpdate = single.generalizedTime();
                return new CertificateStatus.Good(thisUpdate, nextUpdateAndExtensions());
            }
            if (single.nextIs(Tag.context(2))) {
                empty(2);
                Instant thisUpdate = single.generalizedTime();
                return new CertificateStatus.Unknown(thisUpdate, nextUpdateAndExtensions());
            }
            DerReader revoked = single.enter(Tag.constructed(1));
            Instant at = revoked.generalizedTime();
            RevocationReason reason = RevocationReason.UNSPECIFIED;
            if (revoked.nextIs(Tag.constructed(0))) {
                DerReader wrapper = revoked.enter(Tag.constructed(0));
                reason = reason(wrapper.smallInteger(Tag.ENUMERATED));
                wrapper.end();
            }
            revoked.end();
            Instant thisUpdate = single.generalizedTime();
            return new CertificateStatus.Revoked(at, reason, thisUpdate, nextUpdateAndExtensions());
        }

        private void empty(int number) throws DerException {
            if (single.contents(Tag.context(number)).length != 0) {
                throw new DerException("a NULL with contents");
            }
        }

        private static RevocationReason reason(int code) throws DerException {
            try {
                return RevocationReason.ofCode(code);
            } catch (IllegalArgumentException e) {
                throw new DerException("a reason with the code " + code);
            }
        }

        private @Nullable Instant nextUpdateAndExtensions() throws DerException {
            Instant nextUpdate = null;
            if (single.nextIs(Tag.constructed(0))) {
                DerReader wrapper = single.enter(Tag.constructed(0));
                nextUpdate = wrapper.generalizedTime();
                wrapper.end();
            }
            if (single.nextIs(Tag.constructed(1))) {
                extensions(single.enter(Tag.constructed(1)));
            }
            return nextUpdate;
        }
    }

    /** Reads Extensions; returns the nonce where there is one, and refuses critical extensions it does not know. */
    private static byte @Nullable [] extensions(DerReader wrapper) throws DerException {
        DerReader list = wrapper.sequence();
        wrapper.end();
        byte[] nonce = null;
        while (list.hasMore()) {
            DerReader extension = list.sequence();
            String oid = extension.objectIdentifier();
            boolean critical = extension.nextIs(Tag.BOOLEAN) && extension.bool();
            byte[] value = extension.octetString();
            extension.end();
            if (oid.equals(OcspRequest.NONCE)) {
                DerReader inner = DerReader.of(value);
                nonce = inner.octetString();
                inner.end();
            } else if (critical) {
                throw new DerException("a critical extension " + oid);
            }
        }
        return nonce;
    }
}
