package dev.certfleet.pki.wire;

import java.util.List;

/**
 * {@code GET /api/v1/clusters/{cluster}/feed?after=N&wait=PT20S}: what became known about the cluster's certificates after
 * sequence {@code N}, oldest first; with {@code wait} the answer is held back until there is something, or the time is up.
 *
 * @param epoch identifies the history that sequences belong to; where it differs from the one a reader knows, the reader
 *     starts again at 0
 * @param sequence the highest sequence in this page, or the reader's own where it is empty
 * @param more true where the next page has entries already
 * @param entries the entries in order
 */
public record FeedPage(String epoch, long sequence, boolean more, List<FeedEntry> entries) {}
