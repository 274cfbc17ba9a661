package dev.certfleet.server.web;

import java.util.Locale;

/** Every kind of error that the API answers with; docs/errors.md says what each means and what to do. */
enum ProblemType {
    MALFORMED_REQUEST(400, "A parameter or header cannot be used"),
    NOT_JSON(400, "The body is not the JSON that is needed"),
    UNKNOWN_FIELD(400, "The body has a field that does not exist"),
    MISSING_FIELD(400, "The body lacks a field"),
    WRONG_TYPE(400, "A field of the body has the wrong type"),
    UNKNOWN_PARAMETER(400, "The query has a parameter that does not exist"),

    NOT_AUTHENTICATED(401, "A client certificate is needed"),
    CERTIFICATE_UNKNOWN(401, "The client certificate is not known here"),
    CERTIFICATE_NOT_AN_IDENTITY(401, "The client certificate is for something else"),
    CERTIFICATE_REVOKED(401, "The client certificate is revoked"),
    CERTIFICATE_EXPIRED(401, "The client certificate has expired"),
    IDENTITY_SUPERSEDED(401, "A newer identity of this node was used"),
    HOLDER_REMOVED(401, "The operator was removed or the node retired"),

    NOT_PERMITTED(403, "The caller may not do this"),
    CROSS_SITE_REQUEST(403, "The request comes from another web site"),
    TOKEN_UNKNOWN(403, "There is no such enrolment token"),
    TOKEN_EXPIRED(403, "The enrolment token has expired"),
    TOKEN_USED_UP(403, "The enrolment token is used up"),
    TOKEN_WITHDRAWN(403, "The enrolment token was withdrawn"),
    TPM_NOT_ADMITTED(403, "The machine's TPM is not admitted"),
    EVIDENCE_REFUSED(403, "The evidence does not prove what the machine is"),
    EVIDENCE_USED(403, "The evidence was used before"),

    NOT_FOUND(404, "There is no such thing"),
    METHOD_NOT_ALLOWED(405, "This cannot be done to this resource"),
    NOT_ACCEPTABLE(406, "None of the accepted media types can be given"),

    ALREADY_EXISTS(409, "The name is taken"),
    NODE_NAME_TAKEN(409, "A node of this name exists"),
    MACHINE_TAKEN(409, "The machine is another node"),
    LAST_ADMINISTRATOR(409, "Nobody else could administer the installation"),
    NOT_A_HOLD(409, "Only a certificateHold in force can be released"),
    DRY_RUN_OUTDATED(409, "Things changed since the dry run"),
    CERTIFICATE_HELD(409, "The certificate is on hold"),
    REQUEST_IN_PROGRESS(409, "The same request is being worked on"),

    BODY_TOO_LARGE(413, "The body is too large"),
    UNSUPPORTED_MEDIA_TYPE(415, "The body must be application/json"),

    REQUEST_REFUSED(422, "The request breaks rules"),
    CERTIFICATE_NEVER_ISSUED(422, "The certificate was never issued here"),
    IDEMPOTENCY_KEY_REUSED(422, "The Idempotency-Key was used for another request"),
    CONFIRMATION_REQUIRED(428, "A confirmation from a dry run is needed"),

    INTERNAL_ERROR(500, "The server failed"),
    NOT_JOURNALLED(503, "It is done, but it is not in the journal"),
    DATABASE_BEHIND(503, "The database lacks what was known before"),
    DATABASE_UNAVAILABLE(503, "The database cannot be reached");

    private static final String PREFIX = "urn:certfleet:problem:";

    private final int status;
    private final String title;

    ProblemType(int status, String title) {
        this.status = status;
        this.title = title;
    }

    int status() {
        return status;
    }

    String title() {
        return title;
    }

    /** The stable name, as in {@code not-authenticated}. */
    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The type as it is answered. */
    String uri() {
        return PREFIX + label();
    }
}
