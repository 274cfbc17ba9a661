package dev.certfleet.server.authority;

import java.util.List;
import org.springframework.data.jpa.repository.JpaRepository;

interface ClusterRepository extends JpaRepository<Cluster, String> {
    List<Cluster> findAllByOrderByName();
}
