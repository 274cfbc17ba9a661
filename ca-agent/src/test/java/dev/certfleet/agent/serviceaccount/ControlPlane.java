package dev.certfleet.agent.serviceaccount;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.testing.TestAuthority;
import dev.certfleet.pki.wire.Assignment;
import dev.certfleet.pki.wire.KeyRequest;
import dev.certfleet.pki.wire.SealedKey;
import dev.certfleet.pki.wire.ServiceAccountKeyOrder;
import dev.certfleet.pki.wire.ServiceAccountKeyReport;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A cluster's server in memory, which carries what nodes seal, and may be up to something. */
final class ControlPlane {
    static final String CLUSTER = "prod";

    final TestAuthority agents;

    @Nullable
    String publicKey;

    @Nullable
    String offeredBy;

    final Map<String, String> inPlace = new HashMap<>();
    final Map<String, KeyRequest> requests = new HashMap<>();
    final Map<String, SealedKey> sealed = new HashMap<>();
    final List<ServiceAccountKeyReport> reports = new ArrayList<>();
    UnaryOperator<KeyRequest> onRequest = UnaryOperator.identity();
    UnaryOperator<SealedKey> onSealed = UnaryOperator.identity();

    ControlPlane(Clock clock) {
        this.agents = TestAuthority.create("agents", KeyAlgorithm.P256, clock.instant());
    }

    ServiceAccountKeyOrder take(String node, ServiceAccountKeyReport report) {
        reports.add(report);
        String told = report.inPlace() == null ? report.offered() : report.inPlace();
        if (publicKey == null && told != null) {
            publicKey = told;
            offeredBy = node;
        }
        if (report.inPlace() != null) {
            inPlace.put(node, report.inPlace());
            requests.remove(node);
        }
        if (report.request() != null) {
            requests.put(node, onRequest.apply(report.request()));
        }
        if (report.sealed() != null) {
            report.sealed().forEach(one -> sealed.put(one.receiver(), onSealed.apply(one)));
        }
        return order(node);
    }

    KeyRequest requestOf(String node) {
        return Objects.requireNonNull(requests.get(node));
    }

    ServiceAccountKeyOrder order(String node) {
        boolean said = publicKey != null && publicKey.equals(inPlace.get(node));
        KeyRequest own = requests.get(node);
        return new ServiceAccountKeyOrder(
                publicKey,
                offeredBy,
                said,
                own == null ? null : own.agreementKey(),
                said ? null : sealed.get(node),
                said
                        ? requests.values().stream()
                                .filter(request -> !sealed.containsKey(request.node()))
                                .toList()
                        : List.of());
    }

    Assignment assignment(String node, String... roles) {
        return new Assignment(
                CLUSTER,
                node,
                List.of(roles),
                "",
                Objects.toString(order(node)),
                null,
                List.of(),
                Map.of("agents", agents.pem()),
                Map.of(),
                Map.of(),
                order(node));
    }
}
