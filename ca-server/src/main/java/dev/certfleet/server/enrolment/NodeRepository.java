package dev.certfleet.server.enrolment;

import jakarta.persistence.LockModeType;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.springframework.data.domain.Limit;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.jpa.repository.Query;

interface NodeRepository extends JpaRepository<Node, Node.Id> {
    @Query("select n from Node n where n.id.cluster = :cluster and n.id.name > :after order by n.id.name")
    List<Node> page(String cluster, String after, Limit limit);

    /** Until the transaction ends, the node does not come, change or go, and nothing is issued to it. */
    @Lock(LockModeType.PESSIMISTIC_WRITE)
    @Query("select n from Node n where n.id = :id")
    Optional<Node> lock(Node.Id id);

    /** Until the transaction ends, the node does not change or go; others may be issued something meanwhile. */
    @Lock(LockModeType.PESSIMISTIC_READ)
    @Query("select n from Node n where n.id = :id")
    Optional<Node> keep(Node.Id id);

    /** Lets one enrolment of a cluster at a time decide whose an address is, until its transaction ends. */
    @Query(
            nativeQuery = true,
            value = "select cast(pg_advisory_xact_lock(hashtext('addresses of ' || :cluster)) as text)")
    String takeTurnsForAddresses(String cluster);

    /**
     * The names of other nodes of the cluster that were not retired and have any of these addresses, or had one that their
     * certificates may still carry. Not of the node that this one takes the place of.
     */
    @Query(
            nativeQuery = true,
            value = "select o.name from node o where o.cluster = :cluster and o.name <> :name and o.state <> 'retired'"
                    + " and o.name <> coalesce((select n.renamed_from from node n"
                    + " where n.cluster = :cluster and n.name = :name), '')"
                    + " and (o.addresses && cast(:addresses as text[])"
                    + " or exists (select 1 from former_address f where f.cluster = o.cluster and f.node = o.name"
                    + " and f.until > :now and f.address = any(cast(:addresses as text[])))) order by o.name")
    List<String> othersAt(String cluster, String name, String[] addresses, Instant now);
}
