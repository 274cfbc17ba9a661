package dev.certfleet.server.web;

import dev.certfleet.server.access.Caller;
import dev.certfleet.server.access.Identified;
import dev.certfleet.server.access.IdentifyCaller;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/** Puts the {@link Caller} whom the client certificate names into the security context, or says why it names none. */
@Component
class CallerFilter extends OncePerRequestFilter {
    static final String AGENT = "agent";
    static final String OPERATOR = "operator";

    private static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";

    private final IdentifyCaller identify;
    private final Problems problems;

    CallerFilter(IdentifyCaller identify, Problems problems) {
        this.identify = identify;
        this.problems = problems;
    }

    /**
     * What is public is so for those with a certificate of no use, too: a node enrols again with an old
     * identity, or comes back with an expired one.
     */
    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        String path = request.getRequestURI();
        return !path.startsWith("/api/")
                || path.equals(Security.ENROLMENTS)
                || path.equals(Security.COMEBACKS)
                || path.startsWith(Security.COMEBACKS + "/")
                || path.equals(Security.OPENAPI);
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (request.getAttribute(CERTIFICATES) instanceof X509Certificate[] shown && shown.length > 0) {
            try {
                authenticate(identify.identify(shown[0].getEncoded()));
            } catch (CertificateEncodingException | RuntimeException e) {
                problems.write(Failures.problem(e), response);
                return;
            }
        }
        chain.doFilter(request, response);
    }

    private static void authenticate(Identified identified) {
        switch (identified) {
            case Identified.As as -> {
                SecurityContext context = SecurityContextHolder.createEmptyContext();
                context.setAuthentication(UsernamePasswordAuthenticationToken.authenticated(
                        as.caller(), null, AuthorityUtils.createAuthorityList(kind(as.caller()))));
                SecurityContextHolder.setContext(context);
            }
            case Identified.Refused refused -> throw new ProblemException(type(refused.reason()), refused.detail());
        }
    }

    private static String kind(Caller caller) {
        return switch (caller) {
            case Caller.Agent agent -> AGENT;
            case Caller.Operator operator -> OPERATOR;
        };
    }

    private static ProblemType type(Identified.Reason reason) {
        return switch (reason) {
            case UNKNOWN -> ProblemType.CERTIFICATE_UNKNOWN;
            case NOT_AN_IDENTITY -> ProblemType.CERTIFICATE_NOT_AN_IDENTITY;
            case REVOKED -> ProblemType.CERTIFICATE_REVOKED;
            case EXPIRED -> ProblemType.CERTIFICATE_EXPIRED;
            case SUPERSEDED -> ProblemType.IDENTITY_SUPERSEDED;
            case HOLDER_GONE -> ProblemType.HOLDER_REMOVED;
        };
    }
}
