package dev.certfleet.server.receipt;

import dev.certfleet.pki.wire.DoorProof;
import dev.certfleet.server.x509.Violation;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.springframework.stereotype.Component;

/** Takes what a node's agent saw its doors refuse: all of it, or nothing and every reason why not. */
@Component
public class TakeProofs {
    /** The most at once. */
    public static final int MOST = 1000;

    private static final Pattern EVIDENCE = Pattern.compile("[a-z][a-z-]{0,63}");
    private static final Pattern FINGERPRINT = Pattern.compile("[0-9a-f]{64}");

    private final ReceiptRows rows;
    private final Lag lag;
    private final Clock clock;

    TakeProofs(ReceiptRows rows, Lag lag, Clock clock) {
        this.rows = rows;
        this.lag = lag;
        this.clock = clock;
    }

    private record Seen(DoorKind door, String evidence) {}

    /** Takes them; the node's clock counts for nothing. Repeats change nothing. */
    public List<Violation> take(String cluster, String node, List<DoorProof> proofs) {
        Instant now = clock.instant();
        if (proofs.isEmpty() || proofs.size() > MOST) {
            return List.of(new Violation("proofs", "there are 1 to " + MOST + " proofs in a request"));
        }
        List<Violation> violations = new ArrayList<>();
        Set<String> fingerprints = new LinkedHashSet<>();
        proofs.forEach(proof -> fingerprints.add(proof.certificate()));
        fingerprints.removeIf(id -> !FINGERPRINT.matcher(id).matches());
        Map<String, Optional<UUID>> revocations = rows.revocations(cluster, fingerprints);
        List<String> roles = rows.roles(cluster, node);
        Map<Seen, Set<UUID>> proved = new LinkedHashMap<>();
        for (DoorProof proof : proofs) {
            Optional<DoorKind> door = ReceiptRows.kind(proof.door()).filter(kind -> roles.contains(kind.role()));
            Optional<Violation> violation = violation(proof, door, revocations);
            violation.ifPresent(violations::add);
            if (violation.isEmpty()) {
                proved.computeIfAbsent(new Seen(door.orElseThrow(), proof.evidence()), seen -> new LinkedHashSet<>())
                        .add(revocations
                                .getOrDefault(proof.certificate(), Optional.empty())
                                .orElseThrow());
            }
        }
        if (violations.isEmpty()) {
            proved.forEach(
                    (seen, ids) -> lag.record(seen.door(), rows.prove(seen.door(), node, ids, seen.evidence(), now)));
        }
        return violations;
    }

    private static Optional<Violation> violation(
            DoorProof proof, Optional<DoorKind> door, Map<String, Optional<UUID>> revocations) {
        String id = proof.certificate();
        if (!revocations.containsKey(id)) {
            return Optional.of(new Violation("certificate", "the cluster has no certificate '" + shortened(id) + "'"));
        }
        if (revocations.getOrDefault(id, Optional.empty()).isEmpty()) {
            return Optional.of(new Violation("not-revoked", "the certificate " + id + " is not revoked"));
        }
        if (door.isEmpty()) {
            return Optional.of(new Violation("door", "this node has no door '" + shortened(proof.door()) + "'"));
        }
        if (!EVIDENCE.matcher(proof.evidence()).matches()) {
            return Optional.of(new Violation("evidence", "evidence is a word of a-z and -, of 64 characters at most"));
        }
        return isTime(proof.at()) ? Optional.empty() : Optional.of(new Violation("at", "'at' is a time (RFC 3339)"));
    }

    private static boolean isTime(String text) {
        try {
            var _ = Instant.parse(text);
            return true;
        } catch (DateTimeParseException e) {
            return false;
        }
    }

    private static String shortened(String text) {
        return text.length() > 64 ? text.substring(0, 64) + "…" : text;
    }
}
