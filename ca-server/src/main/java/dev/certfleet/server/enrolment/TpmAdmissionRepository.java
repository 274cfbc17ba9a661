package dev.certfleet.server.enrolment;

import jakarta.persistence.LockModeType;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.jpa.repository.Query;

interface TpmAdmissionRepository extends JpaRepository<TpmAdmission, UUID> {
    @Query("select a from TpmAdmission a where a.cluster = :cluster and a.endorsementKey = :endorsementKey"
            + " and a.withdrawnAt is null")
    Optional<TpmAdmission> findAdmitted(String cluster, byte[] endorsementKey);

    @Query("select a from TpmAdmission a where a.cluster = :cluster and a.endorsementAuthorities is not null"
            + " and a.withdrawnAt is null order by a.createdAt, a.id")
    List<TpmAdmission> findWithAuthorities(String cluster);

    /** Until the transaction ends it is not withdrawn. */
    @Lock(LockModeType.PESSIMISTIC_READ)
    @Query("select a from TpmAdmission a where a.id = :id and a.withdrawnAt is null")
    Optional<TpmAdmission> keep(UUID id);

    List<TpmAdmission> findByClusterOrderByCreatedAtDescId(String cluster);

    Optional<TpmAdmission> findByClusterAndId(String cluster, UUID id);
}
