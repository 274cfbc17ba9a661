package dev.certfleet.server.enrolment;

import java.util.List;
import org.springframework.data.domain.Limit;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.Query;

interface NodeRepository extends JpaRepository<Node, Node.Id> {
    @Query("select n from Node n where n.id.cluster = :cluster and n.id.name > :after order by n.id.name")
    List<Node> page(String cluster, String after, Limit limit);
}
