package dev.certfleet.server.authority;

import java.util.List;
import java.util.Optional;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.Query;

interface AuthorityRepository extends JpaRepository<Authority, String> {
    List<Authority> findAllByOrderByName();

    List<Authority> findByClusterOrderByName(String cluster);

    Optional<Authority> findByClusterAndKindAndState(String cluster, String kind, String state);

    Optional<Authority> findByClusterIsNullAndKindAndState(String kind, String state);

    @Query(value = "SELECT count(*) || ' ' || coalesce(max(not_before)::text, '') FROM authority", nativeQuery = true)
    String state();
}
