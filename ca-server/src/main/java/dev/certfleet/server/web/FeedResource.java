package dev.certfleet.server.web;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.pki.wire.FeedEntry;
import dev.certfleet.pki.wire.FeedPage;
import dev.certfleet.server.access.Caller;
import dev.certfleet.server.ledger.Feed;
import dev.certfleet.server.ledger.FeedNews;
import dev.certfleet.server.recovery.DatabaseState;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The long poll by which nodes hear of revocations. Who waits holds a virtual thread and no connection to the database. */
@RestController
@Tag(name = "feed")
class FeedResource {
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);

    /** How far the feed had come, under a MAC: agents send back the highest they saw. */
    static final String MARK = "Certfleet-Mark";

    static final String MARK_DESCRIPTION =
            "the highest mark that came with an answer of the feed: a server whose database has not come so far was"
                    + " restored, and refuses to issue";

    private final Feed feed;
    private final FeedNews news;
    private final Clustered clustered;
    private final DatabaseState databaseState;
    private final Clock clock;

    FeedResource(Feed feed, FeedNews news, Clustered clustered, DatabaseState databaseState, Clock clock) {
        this.feed = feed;
        this.news = news;
        this.clustered = clustered;
        this.databaseState = databaseState;
        this.clock = clock;
    }

    @GetMapping(path = "/api/v1/clusters/{cluster}/feed", produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "getFeed",
            summary =
                    "What became known about a cluster's certificates after a sequence; waits until there is something")
    ResponseEntity<FeedPage> feed(
            @AuthenticationPrincipal Caller caller,
            @PathVariable String cluster,
            @RequestParam(required = false) @Nullable Long after,
            @RequestParam(required = false) @Nullable Duration wait,
            @RequestParam(required = false) @Nullable Integer limit,
            @Parameter(description = MARK_DESCRIPTION) @RequestHeader(name = MARK, required = false) @Nullable
                    String mark)
            throws InterruptedException {
        May.readOrBeNodeOf(caller, cluster);
        String name = clustered.named(cluster).name();
        long sequence = after == null ? 0 : after;
        Duration longest = wait == null ? Duration.ZERO : wait;
        if (sequence < 0 || longest.isNegative() || longest.compareTo(LONGEST_WAIT) > 0) {
            throw new ProblemException(
                    ProblemType.MALFORMED_REQUEST, "'after' is 0 or more, and 'wait' at most " + LONGEST_WAIT);
        }
        int most = Page.limit(limit);

        Instant end = clock.instant().plus(longest);
        Feed.Head head = feed.head(name);
        if (mark != null) {
            databaseState.shown(name, mark, head);
        }
        List<Feed.Entry> found = feed.after(name, sequence, most + 1);
        Duration left = longest;
        while (found.isEmpty() && left.isPositive() && news.await(name, sequence, left)) {
            found = feed.after(name, sequence, most + 1);
            left = Duration.between(clock.instant(), end);
        }
        FeedPage page = page(head.epoch(), sequence, most, found);
        long reached = found.isEmpty() ? head.sequence() : Math.max(head.sequence(), page.sequence());
        return ResponseEntity.ok()
                .header(MARK, databaseState.mark(name, new Feed.Head(head.epoch(), reached)))
                .body(page);
    }

    private static FeedPage page(String epoch, long sequence, int limit, List<Feed.Entry> found) {
        boolean more = found.size() > limit;
        List<FeedEntry> entries = (more ? found.subList(0, limit) : found)
                .stream().map(FeedResource::entry).toList();
        return new FeedPage(
                epoch, entries.isEmpty() ? sequence : entries.getLast().sequence(), more, entries);
    }

    private static FeedEntry entry(Feed.Entry entry) {
        RevocationReason reason = entry.reason();
        return new FeedEntry(
                entry.sequence(),
                entry.kind(),
                entry.id().hex(),
                Base64.getEncoder().encodeToString(entry.certificate()),
                reason == null ? null : reason.label(),
                entry.at().toString(),
                entry.addresses());
    }
}
