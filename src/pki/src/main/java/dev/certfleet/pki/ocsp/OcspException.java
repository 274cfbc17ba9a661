package dev.certfleet.pki.ocsp;

/** There is no answer that can be believed; {@link #problem()} says why. */
public final class OcspException extends Exception {
    private static final long serialVersionUID = 1L;

    /** What can be wrong. */
    public enum Problem {
        /** No connection, no answer in time, or an HTTP status other than 200. */
        UNREACHABLE,
        /** The answer is longer than the client reads. */
        TOO_LARGE,
        /** The answer is not an OCSP response that RFC 6960 describes. */
        MALFORMED,
        /** The responder could not read the request. */
        MALFORMED_REQUEST,
        /** The responder failed. */
        INTERNAL_ERROR,
        /** The responder cannot answer now. */
        TRY_LATER,
        /** The responder wants signed requests. */
        SIGNATURE_REQUIRED,
        /** The responder does not know the certificate (RFC 5019): never issued, or not by an authority it answers for. */
        UNAUTHORIZED,
        /** The signature's algorithm is none that is accepted. */
        UNSUPPORTED_ALGORITHM,
        /** Neither the issuer nor a responder that it delegated to signed it. */
        UNTRUSTED_SIGNER,
        /** The signature is wrong. */
        BAD_SIGNATURE,
        /** The answer is not to this request: its nonce is missing or another. */
        NONCE_MISMATCH,
        /** The answer does not tell of a certificate that was asked for. */
        MISSING_CERTIFICATE,
        /** The answer's thisUpdate lies in the future, by more than clocks may differ. */
        NOT_YET_VALID,
        /** The answer's nextUpdate has passed, by more than clocks may differ. */
        STALE
    }

    private final Problem problem;

    public OcspException(Problem problem, String message) {
        super(message);
        this.problem = problem;
    }

    public OcspException(Problem problem, String message, Throwable cause) {
        super(message, cause);
        this.problem = problem;
    }

    public Problem problem() {
        return problem;
    }
}
