package dev.certfleet.server.enrolment;

import dev.certfleet.pki.NodeRole;
import dev.certfleet.pki.Pem;
import dev.certfleet.pki.wire.KeyRequest;
import dev.certfleet.pki.wire.SealedKey;
import dev.certfleet.pki.wire.ServiceAccountKeyOrder;
import dev.certfleet.pki.wire.ServiceAccountKeyReport;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.x509.Violation;
import dev.certfleet.server.x509.Violations;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/**
 * Has the control-plane nodes of a cluster share one service-account key pair. The first that offers one has it published; the
 * others ask, and whoever has it seals it to them. The server says whose turn it is and carries what was sealed, which it
 * cannot open (docs/adr/0020).
 */
@Component
public class ServiceAccountKeys {
    private static final int LONGEST_KEY = 256;
    private static final int LONGEST_SIGNATURE = 1024;
    private static final int LONGEST_CIPHERTEXT = 32 << 10;

    private final ServiceAccountKeyRows rows;
    private final NodeRepository nodes;
    private final AuditLog audit;

    ServiceAccountKeys(ServiceAccountKeyRows rows, NodeRepository nodes, AuditLog audit) {
        this.rows = rows;
        this.nodes = nodes;
        this.audit = audit;
    }

    /** What a node did. */
    public sealed interface Outcome {
        record Done(ServiceAccountKeyOrder order) implements Outcome {}

        record Refused(Violations violations) implements Outcome {}
    }

    /** Empty for a node that does not have the pair. */
    Optional<ServiceAccountKeyOrder> orderFor(Node node) {
        return has(node) ? Optional.of(order(node)) : Optional.empty();
    }

    /**
     * Takes what a node says.
     *
     * @param certificate the identity that it presented, DER
     */
    @Transactional
    public Outcome take(String cluster, String name, byte[] certificate, ServiceAccountKeyReport report, String actor) {
        // 1. Who may: the node cannot be retired meanwhile
        Node node = nodes.keep(new Node.Id(cluster, name)).orElseThrow();
        if (!has(node)) {
            return refused("role-not-held", "the service-account key is for control-plane nodes");
        }

        // 2. What makes sense
        List<KeyRequest> request = report.request() == null ? List.of() : List.of(report.request());
        List<SealedKey> sealed = report.sealed() == null ? List.of() : report.sealed();
        boolean ofOthers = request.stream()
                        .anyMatch(one -> !one.node().equals(name) || !is(one.certificate(), certificate))
                || sealed.stream().anyMatch(one -> !one.sender().equals(name) || !is(one.certificate(), certificate));
        if (ofOthers) {
            return refused("not-the-caller", "a node asks and seals in its own name, by the identity it presents");
        }
        byte[] inPlace;
        byte[] offered;
        try {
            inPlace = hash(report.inPlace());
            offered = hash(report.offered());
            request.forEach(ServiceAccountKeys::requireForm);
            sealed.forEach(ServiceAccountKeys::requireForm);
        } catch (IllegalArgumentException e) {
            return refused("service-account-key", String.valueOf(e.getMessage()));
        }

        // 3. One node of a cluster after the other
        rows.takeTurns(cluster);
        if (inPlace.length > 0) {
            inPlace(node, inPlace, actor);
        }
        if (offered.length > 0 && (chosen(cluster).isEmpty() || isOwnAndNowhere(node))) {
            choose(node, offered, actor);
        }
        request.forEach(one -> rows.ask(node, certificate, one));
        sealed.forEach(one -> passOn(node, certificate, one, actor));
        return new Outcome.Done(order(node));
    }

    /** It offered the chosen pair, lost it before it published it, and offers another. */
    private boolean isOwnAndNowhere(Node node) {
        return rows.chosen(node.cluster())
                .filter(chosen -> chosen.offeredBy().equals(node.name()))
                .filter(chosen -> !rows.isAnywhereInPlace(node.cluster(), chosen.publicKey()))
                .isPresent();
    }

    private void inPlace(Node node, byte[] hash, String actor) {
        if (chosen(node.cluster()).isEmpty()) {
            choose(node, hash, actor);
        }
        boolean changed = rows.said(node, hash);
        boolean differs =
                chosen(node.cluster()).filter(ours -> Arrays.equals(ours, hash)).isEmpty();
        if (changed && differs) {
            audit.append(
                    actor,
                    new AuditEvent.ServiceAccountKeyDiffers(
                            node.cluster(), node.name(), HexFormat.of().formatHex(hash)));
        }
    }

    private void choose(Node node, byte[] hash, String actor) {
        rows.choose(node, hash);
        audit.append(
                actor,
                new AuditEvent.ServiceAccountKeyChosen(
                        node.cluster(), node.name(), HexFormat.of().formatHex(hash)));
    }

    /** Only from a node that is known to have the pair; of several answers the first counts. */
    private void passOn(Node sender, byte[] certificate, SealedKey sealed, String actor) {
        byte[] ours = chosen(sender.cluster()).orElse(new byte[0]);
        if (rows.hasInPlace(sender, ours) && rows.answer(sender, certificate, sealed)) {
            audit.append(
                    actor,
                    new AuditEvent.ServiceAccountKeyPassedOn(
                            sender.cluster(),
                            sender.name(),
                            sealed.receiver(),
                            HexFormat.of().formatHex(ours)));
        }
    }

    /**
     * The pair that nodes share: the chosen one, while a node has it in place or the node that offered it may still publish it.
     * Where all who had it are gone, it is gone.
     */
    private Optional<byte[]> chosen(String cluster) {
        return rows.chosen(cluster)
                .filter(chosen -> {
                    boolean offererStays = nodes.findById(new Node.Id(cluster, chosen.offeredBy()))
                            .filter(ServiceAccountKeys::has)
                            .filter(node -> !node.enrolledAt().isAfter(chosen.offeredAt()))
                            .isPresent();
                    return offererStays || rows.isAnywhereInPlace(cluster, chosen.publicKey());
                })
                .map(ServiceAccountKeyRows.Chosen::publicKey);
    }

    private ServiceAccountKeyOrder order(Node node) {
        Optional<byte[]> chosen = chosen(node.cluster());
        boolean said = chosen.filter(hash -> rows.hasInPlace(node, hash)).isPresent();
        return new ServiceAccountKeyOrder(
                chosen.map(HexFormat.of()::formatHex).orElse(null),
                chosen.flatMap(hash -> rows.chosen(node.cluster()))
                        .map(ServiceAccountKeyRows.Chosen::offeredBy)
                        .orElse(null),
                said,
                said ? null : rows.asked(node).orElse(null),
                said ? null : rows.sealed(node).orElse(null),
                said ? rows.open(node.cluster(), node.name()) : List.of());
    }

    private static boolean has(Node node) {
        return !node.isOut() && node.roles().contains(NodeRole.CONTROL_PLANE.label());
    }

    private static boolean is(String pem, byte[] certificate) {
        try {
            List<byte[]> blocks = Pem.decode(pem, Pem.CERTIFICATE);
            return blocks.size() == 1 && Arrays.equals(blocks.getFirst(), certificate);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static byte[] hash(@org.jspecify.annotations.Nullable String hex) {
        if (hex == null) {
            return new byte[0];
        }
        if (!hex.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException("a public key is named by its SHA-256 in lowercase hexadecimal");
        }
        return HexFormat.of().parseHex(hex);
    }

    private static void requireForm(KeyRequest request) {
        ServiceAccountKeyRows.bytes("agreementKey", request.agreementKey(), LONGEST_KEY);
        ServiceAccountKeyRows.bytes("signature", request.signature(), LONGEST_SIGNATURE);
    }

    private static void requireForm(SealedKey sealed) {
        ServiceAccountKeyRows.bytes("agreementKey", sealed.agreementKey(), LONGEST_KEY);
        ServiceAccountKeyRows.bytes("ephemeralKey", sealed.ephemeralKey(), LONGEST_KEY);
        ServiceAccountKeyRows.bytes("ciphertext", sealed.ciphertext(), LONGEST_CIPHERTEXT);
        ServiceAccountKeyRows.bytes("signature", sealed.signature(), LONGEST_SIGNATURE);
    }

    private static Outcome refused(String rule, String detail) {
        return new Outcome.Refused(new Violations(List.of(new Violation(rule, detail))));
    }
}
