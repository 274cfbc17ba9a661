package dev.certfleet.server.issuance;

import dev.certfleet.server.x509.DebianBlocklist;
import dev.certfleet.server.x509.KeyRules;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class IssuanceConfiguration {
    @Bean
    KeyRules keyRules() {
        return new KeyRules(DebianBlocklist.builtIn());
    }
}
