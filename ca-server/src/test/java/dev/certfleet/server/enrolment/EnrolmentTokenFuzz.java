package dev.certfleet.server.enrolment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.testing.Allocation;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** A token's pattern fits the names that the plainest reading of it fits; a token in a request is text of any kind. */
public final class EnrolmentTokenFuzz {
    private EnrolmentTokenFuzz() {}

    /** Two lines: the pattern, and a node's name. */
    public static void fuzzerTestOneInput(byte[] data) {
        String text = new String(data, StandardCharsets.UTF_8);
        String[] lines = text.split("\n", 2);
        String pattern = lines[0];
        String name = lines.length == 2 ? lines[1] : "";
        EnrolmentToken token = new EnrolmentToken(
                new UUID(0, 0), "prod", new byte[32], pattern, List.of(), 1, Instant.EPOCH, "admin", Instant.EPOCH);
        boolean fits = Allocation.bounded(data.length, () -> token.fits(name));
        if ((long) pattern.length() * name.length() < 1 << 16) {
            assertThat(fits).isEqualTo(plainly(pattern, name));
        }
        assertThat(EnrolmentTokens.hash(text)).hasSize(32);
    }

    /** Whether the pattern fits the name, letter by letter. */
    private static boolean plainly(String pattern, String name) {
        // fits[i]: what was looked at of the pattern fits the name's first i letters
        boolean[] fits = new boolean[name.length() + 1];
        fits[0] = true;
        for (int letter = 0; letter < pattern.length(); letter++) {
            char wanted = pattern.charAt(letter);
            boolean[] next = new boolean[name.length() + 1];
            next[0] = wanted == '*' && fits[0];
            for (int i = 1; i <= name.length(); i++) {
                next[i] = wanted == '*' ? fits[i] || next[i - 1] : fits[i - 1] && wanted == name.charAt(i - 1);
            }
            fits = next;
        }
        return fits[name.length()];
    }
}
