package dev.certfleet.server.setup;

import dev.certfleet.server.schedule.Repeating;
import java.time.Duration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** When a server looks whether its TLS certificate was revoked, or another authority issues by now. */
@Configuration(proxyBeanMethods = false)
class ServerTlsSchedule {
    private static final Duration PAUSE = Duration.ofSeconds(5);

    @Bean
    Repeating revokedServerTls(ServerTls tls) {
        return new Repeating("revoked-server-tls", PAUSE, tls::replaceIfWanted);
    }
}
