package dev.certfleet.agent.adopt;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.wire.AdoptionResult;
import dev.certfleet.pki.wire.AssignedCertificate;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What adopting this node comes to; nothing of it is done yet.
 *
 * @param taken pairs that stay in use until they are due, with what the server said of each
 * @param others certificates that are only put on record, or cannot be, and pairs that are replaced at once
 * @param lines for people
 * @param lost names that would be lost, each as {@code profile: name}
 * @param obstacles why it must not be done
 */
record Plan(List<Taken> taken, List<Taken> others, List<String> lines, List<String> lost, List<String> obstacles) {
    /** A pair and its place in the server's books. */
    record Taken(FoundPair pair, AdoptionResult.Item item) {}

    /**
     * Puts together what was found, what the server says of it, and what it wants.
     *
     * @param items what the server would do with each of the pairs, in their order
     * @param wanted what this node is to hold
     */
    static Plan of(
            List<FoundPair> pairs,
            List<AdoptionResult.Item> items,
            Map<ProfileName, AssignedCertificate> wanted,
            Set<ProfileName> held,
            List<String> obstacles) {
        List<Taken> taken = new ArrayList<>();
        List<Taken> others = new ArrayList<>();
        List<String> lines = new ArrayList<>();
        List<String> lost = new ArrayList<>();
        for (int i = 0; i < pairs.size(); i++) {
            FoundPair pair = pairs.get(i);
            AdoptionResult.Item item = items.get(i);
            boolean ours =
                    pair.profile().isPresent() && pair.profile().get().label().equals(item.profile());
            lines.add(line(pair, item, ours));
            (ours ? taken : others).add(new Taken(pair, item));
            pair.profile().map(wanted::get).ifPresent(next -> {
                for (String name : Names.lost(pair.certificate(), next)) {
                    lost.add(next.profile() + ": " + name);
                }
                Set<String> gained = Names.gained(pair.certificate(), next);
                if (!gained.isEmpty()) {
                    lines.add("  " + next.profile() + " will also be for " + String.join(", ", gained));
                }
            });
            if (ours && pair.embedded()) {
                lines.add("  " + pair.source() + " will refer to files: restart " + component(pair) + " once after it");
            }
        }
        for (ProfileName profile : wanted.keySet()) {
            if (pairs.stream()
                    .noneMatch(pair -> pair.profile().filter(profile::equals).isPresent())) {
                lines.add(profile.label() + (held.contains(profile) ? ": kept already" : ": none found, is issued"));
            }
        }
        lost.forEach(name -> lines.add("LOST " + name));
        return new Plan(taken, others, lines, lost, List.copyOf(obstacles));
    }

    private static String line(FoundPair pair, AdoptionResult.Item item, boolean ours) {
        String what = pair.profile().map(ProfileName::label).orElse("administrator");
        String remarks = item.remarks().isEmpty() ? "" : " (" + String.join(", ", item.remarks()) + ")";
        String becomes = ours ? "kept until it is due" : pair.profile().isPresent() ? "replaced at once" : "left";
        return what + ": " + pair.source() + ", serial " + Certificates.serial(pair.certificate()) + ", until "
                + pair.certificate().getNotAfter().toInstant() + ": " + item.outcome() + remarks + ", " + becomes
                + (item.detail() == null ? "" : "; " + item.detail());
    }

    private static String component(FoundPair pair) {
        return switch (pair.profile().orElseThrow()) {
            case KUBELET_CLIENT -> "the kubelet";
            case KUBE_CONTROLLER_MANAGER -> "kube-controller-manager";
            case KUBE_SCHEDULER -> "kube-scheduler";
            default -> "what reads it";
        };
    }

    /** Files that are replaced sooner or later, for the backup. */
    List<Path> sources() {
        return taken.stream().map(one -> one.pair().source()).toList();
    }
}
