package dev.certfleet.server.web;

import dev.certfleet.server.recovery.DatabaseBehind;
import dev.certfleet.server.recovery.NotJournalled;
import java.io.IOException;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientConnectionException;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.MissingServletRequestParameterException;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;

/**
 * Says of any failure which problem it is. What is answered names fields, parameters and rules of the API, never classes,
 * statements or traces; those go to the log, under a number that the answer carries.
 */
final class Failures {
    private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

    private Failures() {}

    static ProblemException problem(Throwable failure) {
        return switch (failure) {
            case ProblemException problem -> problem;
            case HttpMessageNotReadableException unreadable -> unreadable(unreadable);
            case MethodArgumentTypeMismatchException mismatch ->
                new ProblemException(
                        ProblemType.MALFORMED_REQUEST,
                        "'" + mismatch.getName() + "' is not " + Expected.of(mismatch.getRequiredType()));
            case MissingServletRequestParameterException missing ->
                new ProblemException(
                        ProblemType.MALFORMED_REQUEST, "the parameter '" + missing.getParameterName() + "' is missing");
            case NotJournalled unjournalled -> notJournalled(unjournalled);
            case DatabaseBehind behind ->
                new ProblemException(
                        ProblemType.DATABASE_BEHIND,
                        "nothing is issued until what it lacks is put back: GET /api/v1/recovery tells it");
            case ErrorResponse response -> ofStatus(response.getStatusCode(), failure);
            default -> isDatabaseAway(failure) ? databaseUnavailable(failure) : internal(failure);
        };
    }

    /** For an answer that something before or behind the resources gave. */
    static ProblemException ofStatus(HttpStatusCode status, @Nullable Throwable failure) {
        return switch (status.value()) {
            case 400 -> new ProblemException(ProblemType.MALFORMED_REQUEST, "the request cannot be understood");
            case 401 -> new ProblemException(ProblemType.NOT_AUTHENTICATED, "present a client certificate");
            case 403 -> ProblemException.notPermitted("the caller may not do this");
            case 404 -> ProblemException.notFound("such resource");
            case 405 ->
                new ProblemException(
                        ProblemType.METHOD_NOT_ALLOWED, "the OpenAPI document at /api/v1/openapi.json says what can");
            case 406 ->
                new ProblemException(
                        ProblemType.NOT_ACCEPTABLE, "accept application/json, or application/x-pem-file for PEM");
            case 413 -> new ProblemException(ProblemType.BODY_TOO_LARGE, "the body is too large");
            case 415 -> new ProblemException(ProblemType.UNSUPPORTED_MEDIA_TYPE, "send Content-Type: application/json");
            default ->
                status.is4xxClientError()
                        ? new ProblemException(ProblemType.MALFORMED_REQUEST, "the request cannot be understood")
                        : internal(failure);
        };
    }

    private static ProblemException unreadable(HttpMessageNotReadableException failure) {
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof ProblemException problem) {
                return problem;
            }
            if (cause instanceof UnrecognizedPropertyException unknown) {
                return new ProblemException(ProblemType.UNKNOWN_FIELD, unknownField(unknown));
            }
            if (cause instanceof MismatchedInputException mismatch) {
                return new ProblemException(
                        ProblemType.WRONG_TYPE,
                        "'" + path(mismatch) + "' is not " + Expected.of(mismatch.getTargetType()));
            }
            if (cause instanceof InputCoercionException outOfRange) {
                return new ProblemException(
                        ProblemType.WRONG_TYPE,
                        "'" + path(outOfRange) + "' is out of the range of " + Expected.of(outOfRange.getTargetType()));
            }
            if (cause instanceof StreamReadException malformed) {
                return new ProblemException(
                        ProblemType.NOT_JSON,
                        "the body stops being JSON at line "
                                + malformed.getLocation().getLineNr() + ", column "
                                + malformed.getLocation().getColumnNr());
            }
        }
        return new ProblemException(ProblemType.NOT_JSON, "the body is a JSON object in UTF-8, and it is needed");
    }

    private static String unknownField(UnrecognizedPropertyException unknown) {
        Collection<Object> known = unknown.getKnownPropertyIds();
        String choices = known == null
                ? ""
                : "; there are " + known.stream().map(Object::toString).sorted().collect(Collectors.joining(", "));
        return "'" + path(unknown) + "' is no field of the body" + choices;
    }

    private static String path(JacksonException failure) {
        String path = failure.getPath().stream()
                .map(step ->
                        step.getPropertyName() == null ? "[" + step.getIndex() + "]" : "." + step.getPropertyName())
                .collect(Collectors.joining());
        return path.isEmpty() ? "the body" : path.startsWith(".") ? path.substring(1) : path;
    }

    /** Whether the database cannot be reached, or is no longer the one that takes changes. */
    private static boolean isDatabaseAway(Throwable failure) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .limit(30)
                .anyMatch(cause -> cause instanceof SQLTransientConnectionException
                        || cause instanceof SQLNonTransientConnectionException
                        || cause instanceof SQLRecoverableException
                        || (cause instanceof SQLException sql && isConnectionState(sql.getSQLState()))
                        || isClosedUnderUse(cause));
    }

    /** What the connection pool says, without a state, of a connection that broke before its transaction could end. */
    private static boolean isClosedUnderUse(Throwable cause) {
        return cause instanceof SQLException sql
                && sql.getSQLState() == null
                && "Connection is closed".equals(sql.getMessage());
    }

    /** Connection exceptions, too few resources, shutdown and start, and a server that became a standby. */
    private static boolean isConnectionState(@Nullable String state) {
        return state != null
                && (List.of("25006", "57P01", "57P02", "57P03").contains(state)
                        || state.startsWith("08")
                        || state.startsWith("53"));
    }

    private static ProblemException databaseUnavailable(Throwable failure) {
        LOG.warn("the database cannot be reached: {}", failure.getMessage());
        return new ProblemException(
                ProblemType.DATABASE_UNAVAILABLE, "nothing was changed that was not answered; try again in a moment");
    }

    private static ProblemException notJournalled(NotJournalled failure) {
        LOG.error("done and committed, but not journalled: {}", failure.getMessage());
        return new ProblemException(
                ProblemType.NOT_JOURNALLED,
                "it is done and committed, and a database that is restored from a backup would not know of it;"
                        + " mend the server's data folder and send the request again");
    }

    private static ProblemException internal(@Nullable Throwable failure) {
        String number = UUID.randomUUID().toString();
        if (failure instanceof IOException) {
            LOG.info("incident {}: {}", number, failure.toString());
        } else {
            LOG.error("incident {}", number, failure);
        }
        return new ProblemException(ProblemType.INTERNAL_ERROR, "the server's log has it as incident " + number);
    }
}
