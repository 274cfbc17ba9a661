package dev.certfleet.server.enrolment;

import jakarta.persistence.LockModeType;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.jpa.repository.Query;

interface EnrolmentTokenRepository extends JpaRepository<EnrolmentToken, UUID> {
    @Query("select t from EnrolmentToken t where t.secretHash = :secretHash")
    Optional<EnrolmentToken> findBySecretHash(byte[] secretHash);

    @Lock(LockModeType.PESSIMISTIC_WRITE)
    @Query("select t from EnrolmentToken t where t.id = :id")
    EnrolmentToken lock(UUID id);

    List<EnrolmentToken> findByClusterOrderByCreatedAtDesc(String cluster);

    Optional<EnrolmentToken> findByClusterAndId(String cluster, UUID id);
}
