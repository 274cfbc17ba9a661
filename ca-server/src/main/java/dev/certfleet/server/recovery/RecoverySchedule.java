package dev.certfleet.server.recovery;

import dev.certfleet.server.schedule.Repeating;
import java.time.Duration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** How often servers look whether the database is behind, and the journal is whole. */
@Configuration(proxyBeanMethods = false)
class RecoverySchedule {
    @Bean
    Repeating databaseStateRefresh(DatabaseState state) {
        return new Repeating("database-state", Duration.ofMillis(500), state::refresh);
    }

    @Bean
    Repeating journalNewestCheck(DatabaseState state) {
        return new Repeating("journal-newest", Duration.ofSeconds(2), state::checkNewest);
    }

    @Bean
    Repeating journalWholeCheck(DatabaseState state) {
        return new Repeating("journal-whole", Duration.ofMinutes(10), state::checkWhole);
    }

    @Bean
    Repeating journalCatchUp(JournalChanges changes) {
        return new Repeating("journal-catch-up", Duration.ofMillis(500), changes::catchUp);
    }
}
