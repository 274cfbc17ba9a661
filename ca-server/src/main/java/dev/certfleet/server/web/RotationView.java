package dev.certfleet.server.web;

import dev.certfleet.server.rotation.Progress;
import dev.certfleet.server.rotation.Remaining;
import dev.certfleet.server.rotation.Rotation;
import dev.certfleet.server.rotation.WaitedFor;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A rotation, with what it waits for.
 *
 * @param outgoing the authority that issued when it began
 * @param incoming the authority that is to issue
 * @param waits how many nodes and certificates keep it from its next step
 * @param waitingFor the nodes
 * @param remaining certificates of other generations that may be in use, the first {@value Progress#LISTED}
 * @param remainingCount how many there are
 * @param leftOut nodes that are not waited for, as {@code CLUSTER/NAME}
 * @param movedAt when its step, or what it waits for, last changed
 */
@Schema(name = "Rotation")
record RotationView(
        String id,
        @Nullable String cluster,
        String kind,
        String outgoing,
        String incoming,
        boolean emergency,

        @Schema(
                allowableValues = {
                    "awaiting-certificate",
                    "loading",
                    "revoking",
                    "renewing",
                    "unloading",
                    "done",
                    "aborted"
                })
        String step,

        int waits,
        List<Node> waitingFor,
        List<Certificate> remaining,
        int remainingCount,
        List<String> leftOut,
        String startedBy,
        Instant startedAt,
        Instant stepSince,
        Instant movedAt,
        @Nullable Instant endedAt) {

    @Schema(name = "RotationNode")
    record Node(
            String cluster,
            String node,
            String bundle,
            String why,
            @Nullable Instant lastSeenAt) {
        static Node of(WaitedFor waited) {
            return new Node(waited.cluster(), waited.node(), waited.bundle(), waited.why(), waited.lastSeenAt());
        }
    }

    @Schema(name = "RotationCertificate")
    record Certificate(
            String id,
            String serial,
            String authority,
            String profile,
            @Nullable String cluster,
            @Nullable String node,
            String subject,
            Instant notAfter,
            boolean isWaitedFor) {
        static Certificate of(Remaining remaining) {
            return new Certificate(
                    remaining.certificate(),
                    remaining.serial(),
                    remaining.authority(),
                    remaining.profile(),
                    remaining.cluster(),
                    remaining.node(),
                    remaining.subject(),
                    remaining.notAfter(),
                    remaining.holdsUp());
        }
    }

    static RotationView of(Rotation rotation, Progress.Waits waits) {
        return new RotationView(
                rotation.id().toString(),
                rotation.cluster(),
                rotation.kind().label(),
                rotation.outgoing(),
                rotation.incoming(),
                rotation.emergency(),
                rotation.step().label(),
                waits.waits(),
                waits.nodes().stream().map(Node::of).toList(),
                waits.certificates().stream().map(Certificate::of).toList(),
                waits.certificatesInUse(),
                rotation.leftOut(),
                rotation.startedBy(),
                rotation.startedAt(),
                rotation.stepSince(),
                rotation.movedAt(),
                rotation.endedAt());
    }
}
