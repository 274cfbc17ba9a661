package dev.certfleet.server.web;

import dev.certfleet.pki.wire.Problem;
import io.swagger.v3.oas.annotations.Hidden;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import tools.jackson.databind.json.JsonMapper;

/** Answers problem details (RFC 9457), whether a resource, a filter or the container found the problem. */
@Hidden
@RestController
@RestControllerAdvice
@Order(Ordered.HIGHEST_PRECEDENCE)
class Problems implements ErrorController {
    private final JsonMapper json;

    Problems(JsonMapper json) {
        this.json = json;
    }

    /** What a resource, or Spring on the way to it, threw. */
    @ExceptionHandler
    ResponseEntity<Problem> thrown(Exception failure) {
        return entity(Failures.problem(failure));
    }

    /** What the container answered by itself. */
    @RequestMapping("${server.error.path:/error}")
    ResponseEntity<Problem> container(HttpServletRequest request) {
        Object status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
        Object failure = request.getAttribute(RequestDispatcher.ERROR_EXCEPTION);
        return entity(
                failure instanceof Exception exception
                        ? Failures.problem(exception)
                        : Failures.ofStatus(HttpStatusCode.valueOf(status instanceof Integer code ? code : 404), null));
    }

    private static ResponseEntity<Problem> entity(ProblemException failure) {
        ResponseEntity.BodyBuilder answer =
                ResponseEntity.status(failure.type().status()).contentType(MediaType.APPLICATION_PROBLEM_JSON);
        String retryAfter = retryAfter(failure.type());
        if (retryAfter != null) {
            answer.header(HttpHeaders.RETRY_AFTER, retryAfter);
        }
        return answer.body(failure.problem());
    }

    /** What a filter found. */
    void write(ProblemException failure, HttpServletResponse response) throws IOException {
        response.setStatus(failure.type().status());
        response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
        String retryAfter = retryAfter(failure.type());
        if (retryAfter != null) {
            response.setHeader(HttpHeaders.RETRY_AFTER, retryAfter);
        }
        response.getOutputStream().write(json.writeValueAsBytes(failure.problem()));
    }

    private static @Nullable String retryAfter(ProblemType type) {
        return switch (type) {
            case DATABASE_UNAVAILABLE, REQUEST_IN_PROGRESS -> "1";
            case TOO_MANY_COMEBACKS -> "5";
            default -> null;
        };
    }
}
