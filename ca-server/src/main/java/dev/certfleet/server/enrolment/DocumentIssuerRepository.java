package dev.certfleet.server.enrolment;

import jakarta.persistence.LockModeType;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.jpa.repository.Query;

interface DocumentIssuerRepository extends JpaRepository<DocumentIssuer, UUID> {
    @Query("select i from DocumentIssuer i where i.cluster = :cluster and i.issuer = :issuer and i.withdrawnAt is null"
            + " order by i.name")
    List<DocumentIssuer> findTrusted(String cluster, String issuer);

    @Query("select i from DocumentIssuer i where i.cluster = :cluster and i.name = :name and i.withdrawnAt is null")
    Optional<DocumentIssuer> findNamed(String cluster, String name);

    /** Until the transaction ends it is not withdrawn. */
    @Lock(LockModeType.PESSIMISTIC_READ)
    @Query("select i from DocumentIssuer i where i.id = :id and i.withdrawnAt is null")
    Optional<DocumentIssuer> keep(UUID id);

    @Query("select i from DocumentIssuer i where i.cluster = :cluster and i.withdrawnAt is null order by i.name")
    List<DocumentIssuer> findOfCluster(String cluster);
}
