package dev.certfleet.server.authority;

import jakarta.persistence.LockModeType;
import java.util.List;
import java.util.Optional;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.jpa.repository.Query;

interface ClusterRepository extends JpaRepository<Cluster, String> {
    List<Cluster> findAllByOrderByName();

    /** Until the transaction ends, nobody else changes it. */
    @Lock(LockModeType.PESSIMISTIC_WRITE)
    @Query("select c from Cluster c where c.name = :name")
    Optional<Cluster> lock(String name);
}
