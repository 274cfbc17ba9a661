package dev.certfleet.server.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.springframework.stereotype.Component;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerInterceptor;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** A misspelt filter would silently list everything: parameters that a resource does not have are refused. */
@Component
class NoUnknownParameters implements HandlerInterceptor, WebMvcConfigurer {
    @Override
    public void addInterceptors(InterceptorRegistry registry) {
        registry.addInterceptor(this).addPathPatterns("/api/v1/**").excludePathPatterns(Security.OPENAPI);
    }

    @Override
    public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler) {
        if (handler instanceof HandlerMethod method) {
            Set<String> known = known(method);
            Set<String> unknown = new TreeSet<>(request.getParameterMap().keySet());
            unknown.removeAll(known);
            if (!unknown.isEmpty()) {
                throw new ProblemException(
                        ProblemType.UNKNOWN_PARAMETER,
                        "'" + String.join("', '", unknown) + "' is no parameter here; there are "
                                + (known.isEmpty() ? "none" : String.join(", ", known)));
            }
            request.getParameterMap().forEach(NoUnknownParameters::requireText);
        }
        return true;
    }

    private static void requireText(String name, String[] values) {
        if (!Arrays.stream(values).allMatch(RequiredFields::isText)) {
            throw new ProblemException(ProblemType.MALFORMED_REQUEST, "'" + name + "' is not a text: it has U+0000");
        }
    }

    private static Set<String> known(HandlerMethod method) {
        return Arrays.stream(method.getMethod().getParameters())
                .filter(parameter -> parameter.isAnnotationPresent(RequestParam.class))
                .map(java.lang.reflect.Parameter::getName)
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
