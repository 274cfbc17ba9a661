package dev.certfleet.server.authority;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.Query;

interface AuthorityRepository extends JpaRepository<Authority, String> {
    List<Authority> findAllByOrderByName();

    List<Authority> findByClusterOrderByName(String cluster);

    Optional<Authority> findByClusterAndKindAndState(String cluster, String kind, String state);

    Optional<Authority> findByClusterIsNullAndKindAndState(String kind, String state);

    @Query(
            nativeQuery = true,
            value = "SELECT coalesce(max(generation), 0) FROM (SELECT cluster, kind, generation FROM authority"
                    + " UNION ALL SELECT cluster, kind, generation FROM requested_authority) a"
                    + " WHERE a.cluster IS NOT DISTINCT FROM :cluster AND a.kind = :kind")
    int newestGeneration(@Nullable String cluster, String kind);

    @Query("select a from Authority a where a.cluster is not distinct from :cluster and a.kind = :kind"
            + " order by a.generation")
    List<Authority> generations(@Nullable String cluster, String kind);

    @Query(value = "SELECT count(*) || ' ' || coalesce(max(not_before)::text, '') FROM authority", nativeQuery = true)
    String state();
}
