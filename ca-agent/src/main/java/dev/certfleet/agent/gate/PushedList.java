package dev.certfleet.agent.gate;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What kube-apiserver refuses by itself, whether the gate answers or not: the revoked certificates, written into the match
 * conditions of its AuthorizationConfiguration. A certificate that is listed makes a condition fail with an error, and {@code
 * failurePolicy: Deny} then refuses without any call; for all others the condition is false, and the entry is passed over.
 *
 * <p>Half of each fingerprint is listed, 128 bits, so that twice as many fit: nobody can make another certificate with the same
 * half, since the CA chooses the serial.
 *
 * @param ids the first halves of fingerprints, sorted
 * @param leftOut how many found no room; they are refused by the gate alone
 */
public record PushedList(List<String> ids, int leftOut) {
    /** What a refusal by the list is told with. */
    public static final String REFUSAL = "certificate revoked";
    /** The CEL parser takes no expression of more than 100,000 characters. */
    static final int IDS_IN_ENTRY = 2900;
    /** Each costs every request of every caller about 50 µs, so there is a limit. */
    static final int MAX_ENTRIES = 20;

    static final int MAX_IDS = IDS_IN_ENTRY * MAX_ENTRIES;
    static final PushedList EMPTY = new PushedList(List.of(), 0);

    private static final int DIGITS = 32;
    /** So that a request is compared with a part of the entry only. */
    private static final int IDS_IN_CHUNK = 256;

    public PushedList {
        ids = List.copyOf(ids);
    }

    /** Those refused that have not expired. Where there are too many, the ones that end first are left out. */
    static PushedList of(Collection<Credential> credentials, Instant now) {
        List<Credential> refused = credentials.stream()
                .filter(credential -> credential.standing() instanceof Standing.Refused
                        && !credential.notAfter().isBefore(now))
                .collect(Collectors.toCollection(ArrayList::new));
        int leftOut = Math.max(0, refused.size() - MAX_IDS);
        if (leftOut > 0) {
            refused.sort(Comparator.comparing(Credential::notAfter)
                    .reversed()
                    .thenComparing(credential -> credential.id().hex()));
        }
        List<String> ids = refused.stream()
                .limit(MAX_IDS)
                .map(credential -> credential.id().hex().substring(0, DIGITS))
                .sorted()
                .toList();
        return new PushedList(ids, leftOut);
    }

    /** For each entry the CEL expression over a variable {@code id} that is true where it is listed there. */
    List<String> expressions() {
        return parts(ids, IDS_IN_ENTRY).stream().map(PushedList::expression).toList();
    }

    /** The cheap comparisons come first: only an id of the entry's range is looked for, and only in its chunk. */
    private static String expression(List<String> entry) {
        List<List<String>> chunks = parts(entry, IDS_IN_CHUNK);
        StringBuilder text = new StringBuilder(entry.size() * (DIGITS + 1) + 1000);
        text.append("id.size() == 75 && id.startsWith('")
                .append(AccessReview.X509)
                .append("') && id >= '");
        text.append(AccessReview.X509).append(entry.getFirst()).append("' && (");
        for (int i = 0; i < chunks.size(); i++) {
            if (i + 1 < chunks.size()) {
                text.append("id < '").append(AccessReview.X509);
                text.append(chunks.get(i + 1).getFirst()).append("' ? ");
            }
            text.append('\'').append(String.join(" ", chunks.get(i))).append('\'');
            if (i + 1 < chunks.size()) {
                text.append(" : ");
            }
        }
        return text.append(").contains(id.substring(11, 43))").toString();
    }

    private static List<List<String>> parts(List<String> all, int size) {
        List<List<String>> parts = new ArrayList<>();
        for (int from = 0; from < all.size(); from += size) {
            parts.add(all.subList(from, Math.min(from + size, all.size())));
        }
        return parts;
    }
}
