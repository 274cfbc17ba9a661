package dev.certfleet.server.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Refuses what another web site's page makes an operator's browser send. Browsers say where a request comes from
 * (Sec-Fetch-Site, and Origin for whatever changes something); programs send neither. A body must be JSON, which no form
 * can send.
 */
@Component
class SameSiteFilter extends OncePerRequestFilter {
    private static final Set<String> OWN = Set.of("same-origin", "none");

    private final Problems problems;

    SameSiteFilter(Problems problems) {
        this.problems = problems;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String site = request.getHeader("Sec-Fetch-Site");
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        if ((site != null && !OWN.contains(site))
                || (origin != null && !isOwn(origin, request.getHeader(HttpHeaders.HOST)))) {
            problems.write(
                    new ProblemException(ProblemType.CROSS_SITE_REQUEST, "only this server's own pages may ask this"),
                    response);
            return;
        }
        chain.doFilter(request, response);
    }

    private static boolean isOwn(String origin, @Nullable String host) {
        try {
            URI uri = URI.create(origin);
            return "https".equals(uri.getScheme())
                    && uri.getAuthority() != null
                    && uri.getAuthority().equals(host);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
