package dev.certfleet.server.issuance;

import dev.certfleet.server.installation.CannotStart;
import dev.certfleet.server.installation.Settings;
import dev.certfleet.server.x509.DebianBlocklist;
import dev.certfleet.server.x509.KeyRules;
import dev.certfleet.server.x509.Lifetimes;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class IssuanceConfiguration {
    @Bean
    KeyRules keyRules() {
        return new KeyRules(DebianBlocklist.builtIn());
    }

    @Bean
    Lifetimes lifetimes(Settings settings) {
        Map<String, Duration> set = new TreeMap<>();
        settings.profiles().forEach((profile, chosen) -> {
            Duration lifetime = chosen.lifetime();
            if (lifetime != null) {
                set.put(profile, lifetime);
            }
        });
        try {
            return Lifetimes.of(set);
        } catch (IllegalArgumentException e) {
            throw new CannotStart("certfleet.profiles." + e.getMessage());
        }
    }
}
