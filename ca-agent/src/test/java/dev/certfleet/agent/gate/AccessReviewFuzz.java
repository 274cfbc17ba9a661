package dev.certfleet.agent.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.testing.Allocation;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import tools.jackson.jr.ob.JSON;

/**
 * A SubjectAccessReview is read or refused as documented. What is read is small, has no control characters for a log, and
 * written again it reads the same.
 */
public final class AccessReviewFuzz {
    private AccessReviewFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        AccessReview review;
        try {
            review = Allocation.bounded(data.length, () -> AccessReview.read(data));
        } catch (IllegalArgumentException e) {
            return;
        }
        assertThat(review.user()).hasSizeLessThanOrEqualTo(203);
        assertThat(review.user().chars().noneMatch(letter -> letter < ' ' || letter == 0x7f))
                .isTrue();
        assertThat(review.credentialIds()).hasSizeLessThanOrEqualTo(16);

        String quoted = review.user();
        byte[] again = JSON.std
                .asString(Map.of(
                        "apiVersion",
                        "authorization.k8s.io/v1",
                        "kind",
                        "SubjectAccessReview",
                        "spec",
                        Map.of(
                                "user",
                                quoted.substring(1, quoted.length() - 1),
                                "extra",
                                Map.of("authentication.kubernetes.io/credential-id", review.credentialIds()))))
                .getBytes(StandardCharsets.UTF_8);
        AccessReview same = AccessReview.read(again);
        assertThat(texts(same.credentialIds())).isEqualTo(texts(review.credentialIds()));
    }

    /** As they come out of UTF-8, in which there is no half of a surrogate pair. */
    private static List<String> texts(List<String> ids) {
        return ids.stream()
                .map(id -> new String(id.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8))
                .toList();
    }
}
