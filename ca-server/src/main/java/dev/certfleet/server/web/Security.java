package dev.certfleet.server.web;

import jakarta.servlet.DispatcherType;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpMethod;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authentication.ProviderNotFoundException;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.AnonymousAuthenticationFilter;

/**
 * Everything is denied but what is named here. There are no sessions and no cookies; a browser that holds a client
 * certificate shows it to every site's requests, which {@link SameSiteFilter} tells from its own.
 */
@Configuration(proxyBeanMethods = false)
class Security {
    static final String ENROLMENTS = "/api/v1/enrolments";
    static final String TPM_CHALLENGES = ENROLMENTS + "/tpm-challenges";
    static final String OPENAPI = "/api/v1/openapi.json";

    @Bean
    SecurityFilterChain everything(
            HttpSecurity http, CallerFilter callers, SameSiteFilter sameSite, Problems problems) {
        return http.csrf(AbstractHttpConfigurer::disable)
                .formLogin(AbstractHttpConfigurer::disable)
                .httpBasic(AbstractHttpConfigurer::disable)
                .logout(AbstractHttpConfigurer::disable)
                .requestCache(AbstractHttpConfigurer::disable)
                .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .addFilterBefore(sameSite, AnonymousAuthenticationFilter.class)
                .addFilterBefore(callers, AnonymousAuthenticationFilter.class)
                .authorizeHttpRequests(requests -> requests.dispatcherTypeMatchers(DispatcherType.ERROR)
                        .permitAll()
                        .requestMatchers(HttpMethod.POST, ENROLMENTS, TPM_CHALLENGES)
                        .permitAll()
                        .requestMatchers(HttpMethod.GET, OPENAPI)
                        .permitAll()
                        .requestMatchers("/actuator/**")
                        .permitAll()
                        .requestMatchers("/api/v1/agent/**")
                        .hasAuthority(CallerFilter.AGENT)
                        .requestMatchers("/api/v1/**")
                        .authenticated()
                        .anyRequest()
                        .denyAll())
                .exceptionHandling(failures -> failures.authenticationEntryPoint(
                                (request, response, failure) -> problems.write(
                                        new ProblemException(
                                                ProblemType.NOT_AUTHENTICATED, "present a client certificate"),
                                        response))
                        .accessDeniedHandler((request, response, failure) ->
                                problems.write(ProblemException.notPermitted("the caller may not do this"), response)))
                .build();
    }

    /** There are no passwords: without this, Spring Boot would make up a user and log the password. */
    @Bean
    AuthenticationManager none() {
        return authentication -> {
            throw new ProviderNotFoundException("callers are known by their certificates alone");
        };
    }

    /** It belongs into the chain above and nowhere else. */
    @Bean
    FilterRegistrationBean<CallerFilter> callerFilterOnlyInTheChain(CallerFilter filter) {
        return notByItself(new FilterRegistrationBean<>(filter));
    }

    /** It belongs into the chain above and nowhere else. */
    @Bean
    FilterRegistrationBean<SameSiteFilter> sameSiteFilterOnlyInTheChain(SameSiteFilter filter) {
        return notByItself(new FilterRegistrationBean<>(filter));
    }

    private static <F extends jakarta.servlet.Filter> FilterRegistrationBean<F> notByItself(
            FilterRegistrationBean<F> registration) {
        registration.setEnabled(false);
        return registration;
    }
}
