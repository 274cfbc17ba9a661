package dev.certfleet.server.access;

import jakarta.persistence.LockModeType;
import java.util.List;
import java.util.Optional;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.jpa.repository.Query;

interface OperatorRepository extends JpaRepository<Operator, String> {
    List<Operator> findByRemovedAtIsNullOrderByName();

    /** Until the transaction ends, no other changes who the operators are. */
    @Lock(LockModeType.PESSIMISTIC_WRITE)
    @Query("SELECT o FROM Operator o WHERE o.removedAt IS NULL ORDER BY o.name")
    List<Operator> lockAll();

    @Lock(LockModeType.PESSIMISTIC_WRITE)
    @Query("SELECT o FROM Operator o WHERE o.name = :name AND o.removedAt IS NULL")
    Optional<Operator> lock(String name);
}
