package dev.certfleet.server.replica;

import dev.certfleet.server.schedule.Repeating;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Keeps this server on record as running. */
@Configuration(proxyBeanMethods = false)
class ReplicaSchedule {
    @Bean
    Repeating replicaHeartbeat(ThisReplica replica) {
        return new Repeating("replica-heartbeat", ThisReplica.HEARTBEAT, replica::heartbeat);
    }
}
