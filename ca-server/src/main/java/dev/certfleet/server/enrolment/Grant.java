package dev.certfleet.server.enrolment;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a piece of evidence proves: who may come in by it, once its {@link Use} agrees.
 *
 * @param cluster the cluster's name
 * @param requester whose ids of requests these are: the same for the same evidence, or machine, and for no other
 * @param evidence for the audit log, as in {@code token 0f…}
 * @param noun for messages, as in {@code the token}
 * @param names a node's name, in which {@code *} stands for any characters
 * @param roles all that a node may have by it
 */
record Grant(
        String cluster, String requester, String evidence, String noun, String names, List<String> roles, Use use) {
    Grant {
        roles = List.copyOf(roles);
    }

    /** What limits how often evidence counts. */
    interface Use {
        /** Why it lets a node of this name in no more; null where it does. It changes nothing. */
        @Nullable
        Enrolment refusal(String node);

        /** Uses it, in the transaction that records the node; the same answer as {@link #refusal}, decided for good. */
        @Nullable
        Enrolment use(String node);
    }
}
