package dev.certfleet.pki.ocsp;

import dev.certfleet.pki.SignatureAlgorithms;
import dev.certfleet.pki.ocsp.OcspException.Problem;
import dev.certfleet.pki.ocsp.OcspResponse.ResponderId;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Believes an OCSP response only where all of RFC 6960 section 3.2 holds: it is about the certificates that were asked for,
 * it repeats the nonce, its time is now, and the issuer signed it, or a responder whose certificate the same issuer key
 * signed for just this.
 *
 * <p>Clocks of nodes drift, so times may be off by a tolerance, {@link #DEFAULT_TOLERANCE} by default: what certificates are
 * backdated by. A clock that is off by more makes every answer fail with {@link Problem#NOT_YET_VALID} or
 * {@link Problem#STALE}, which tells the operator what is wrong. An answer that has no nextUpdate and repeats no nonce is
 * taken for as long as the tolerance.
 */
public final class OcspVerifier {
    /** By how much the clocks of responder and client may differ. */
    public static final Duration DEFAULT_TOLERANCE = Duration.ofMinutes(5);

    private static final String OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";
    private static final int DIGITAL_SIGNATURE = 0;

    private final Clock clock;
    private final Duration tolerance;

    public OcspVerifier(Clock clock, Duration tolerance) {
        this.clock = clock;
        this.tolerance = tolerance;
    }

    /** The statuses of the certificates that {@code request} asks for, all of them, proven. */
    public Map<CertId, CertificateStatus> verify(OcspResponse response, OcspRequest request, X509Certificate issuer)
            throws OcspException {
        Instant now = clock.instant();
        verifyNonce(response, request);
        verifySignature(response, issuer, now);
        Map<CertId, CertificateStatus> statuses = new LinkedHashMap<>();
        for (CertId id : request.certificates()) {
            CertificateStatus status = response.statuses().get(id);
            if (status == null) {
                throw new OcspException(
                        Problem.MISSING_CERTIFICATE,
                        "no answer for serial " + id.serial().toString(16));
            }
            verifyTime(status, response.nonce() != null, now);
            statuses.put(id, status);
        }
        return statuses;
    }

    private static void verifyNonce(OcspResponse response, OcspRequest request) throws OcspException {
        byte[] asked = request.nonce();
        byte[] answered = response.nonce();
        if (asked == null ? answered != null : answered == null || !MessageDigest.isEqual(asked, answered)) {
            throw new OcspException(Problem.NONCE_MISMATCH, "the answer does not repeat the request's nonce");
        }
    }

    private void verifyTime(CertificateStatus status, boolean repeatsNonce, Instant now) throws OcspException {
        if (status.thisUpdate().isAfter(now.plus(tolerance))) {
            throw new OcspException(
                    Problem.NOT_YET_VALID, "the answer is of " + status.thisUpdate() + ", but here it is " + now);
        }
        Instant nextUpdate = status.nextUpdate();
        if (nextUpdate == null && repeatsNonce) {
            return;
        }
        Instant end = nextUpdate == null ? status.thisUpdate() : nextUpdate;
        if (end.isBefore(now.minus(tolerance)) || end.isBefore(status.thisUpdate())) {
            throw new OcspException(Problem.STALE, "the answer was good until " + end + ", but here it is " + now);
        }
    }

    private void verifySignature(OcspResponse response, X509Certificate issuer, Instant now) throws OcspException {
        if (names(response.responder(), issuer)) {
            verifySignature(response, issuer.getPublicKey());
            return;
        }
        for (X509Certificate candidate : response.certificates()) {
            if (names(response.responder(), candidate) && isDelegate(candidate, issuer, now)) {
                verifySignature(response, candidate.getPublicKey());
                return;
            }
        }
        throw new OcspException(
                Problem.UNTRUSTED_SIGNER,
                "signed neither by " + issuer.getSubjectX500Principal() + " nor by a responder of its own");
    }

    private static boolean names(ResponderId responder, X509Certificate certificate) {
        return switch (responder) {
            case ResponderId.ByName byName ->
                Arrays.equals(
                        byName.name(), certificate.getSubjectX500Principal().getEncoded());
            case ResponderId.ByKey byKey -> isHashOf(certificate.getPublicKey(), byKey.hash());
        };
    }

    private static boolean isHashOf(PublicKey key, String hash) {
        try {
            return CertId.Digest.SHA1.hash(CertId.keyOctets(key)).equals(hash);
        } catch (IllegalArgumentException e) {
            return false; // a certificate that was sent along may hold a key that is no whole octets
        }
    }

    /** RFC 6960 section 4.2.2.2. */
    private boolean isDelegate(X509Certificate candidate, X509Certificate issuer, Instant now) {
        if (!candidate.getIssuerX500Principal().equals(issuer.getSubjectX500Principal())
                || candidate.hasUnsupportedCriticalExtension()
                || now.isBefore(candidate.getNotBefore().toInstant().minus(tolerance))
                || now.isAfter(candidate.getNotAfter().toInstant().plus(tolerance))) {
            return false;
        }
        boolean[] keyUsage = candidate.getKeyUsage();
        if (keyUsage != null && !keyUsage[DIGITAL_SIGNATURE]) {
            return false;
        }
        try {
            List<String> usages = candidate.getExtendedKeyUsage();
            if (usages == null || !usages.contains(OCSP_SIGNING)) {
                return false;
            }
            candidate.verify(issuer.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static void verifySignature(OcspResponse response, PublicKey key) throws OcspException {
        boolean valid;
        try {
            Signature signature = Signature.getInstance(SignatureAlgorithms.named(response.algorithm())
                    .orElseThrow(() -> new OcspException(
                            Problem.UNSUPPORTED_ALGORITHM, "signed with the algorithm " + response.algorithm())));
            signature.initVerify(key);
            signature.update(response.signed());
            valid = signature.verify(response.signature());
        } catch (GeneralSecurityException e) {
            throw new OcspException(Problem.BAD_SIGNATURE, "the signature cannot be checked: " + e.getMessage(), e);
        }
        if (!valid) {
            throw new OcspException(Problem.BAD_SIGNATURE, "the signature is wrong");
        }
    }
}
