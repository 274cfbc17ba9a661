package dev.certfleet.server.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import org.springframework.stereotype.Component;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerInterceptor;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** What is said in a body that nobody reads would be passed over without a word; {@code {}} says nothing. */
@Component
class NoUnexpectedBody implements HandlerInterceptor, WebMvcConfigurer {
    private static final Set<String> NOTHING = Set.of("", "{}");

    @Override
    public void addInterceptors(InterceptorRegistry registry) {
        registry.addInterceptor(this).addPathPatterns("/api/v1/**").excludePathPatterns(Security.OPENAPI);
    }

    @Override
    public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler)
            throws IOException {
        if (handler instanceof HandlerMethod method && !takesBody(method)) {
            String body = new String(request.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!NOTHING.contains(body.strip())) {
                throw new ProblemException(ProblemType.UNKNOWN_FIELD, "this takes no body");
            }
        }
        return true;
    }

    private static boolean takesBody(HandlerMethod method) {
        return Arrays.stream(method.getMethodParameters())
                .anyMatch(parameter -> parameter.hasParameterAnnotation(RequestBody.class));
    }
}
