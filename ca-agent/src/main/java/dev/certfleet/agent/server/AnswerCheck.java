package dev.certfleet.agent.server;

import dev.certfleet.pki.wire.AssignedCertificate;
import dev.certfleet.pki.wire.Assignment;
import dev.certfleet.pki.wire.IssuedCertificate;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whether an answer has what every answer of its kind has: JSON that lacks a member reads as null. */
public final class AnswerCheck {
    private AnswerCheck() {}

    /** The first member that an assignment lacks; empty where it is whole. */
    public static Optional<String> missing(Assignment assignment) {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        members.put("cluster", assignment.cluster());
        members.put("nodeName", assignment.nodeName());
        members.put("roles", assignment.roles());
        members.put("serverTime", assignment.serverTime());
        members.put("version", assignment.version());
        members.put("certificates", assignment.certificates());
        members.put("bundles", assignment.bundles());
        members.put("statusUrls", assignment.statusUrls());
        members.put("crlUrls", assignment.crlUrls());
        Optional<String> missing = first(members);
        if (missing.isPresent()) {
            return missing;
        }
        boolean isWhole = assignment.roles().stream().allMatch(Objects::nonNull)
                && assignment.certificates().stream().allMatch(AnswerCheck::isWhole)
                && assignment.bundles().values().stream().allMatch(Objects::nonNull);
        return isWhole ? Optional.empty() : Optional.of("members of roles, certificates or bundles");
    }

    /** The first member that an issued certificate lacks; empty where it is whole. */
    public static Optional<String> missing(IssuedCertificate issued) {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        members.put("id", issued.id());
        members.put("certificate", issued.certificate());
        members.put("chain", issued.chain());
        return first(members);
    }

    private static boolean isWhole(@Nullable AssignedCertificate certificate) {
        return certificate != null
                && certificate.profile() != null
                && certificate.keyAlgorithm() != null
                && certificate.commonName() != null;
    }

    private static Optional<String> first(Map<String, @Nullable Object> members) {
        return members.entrySet().stream()
                .filter(member -> member.getValue() == null)
                .map(Map.Entry::getKey)
                .findFirst();
    }
}
