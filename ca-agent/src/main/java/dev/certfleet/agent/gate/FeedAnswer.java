package dev.certfleet.agent.gate;

import dev.certfleet.pki.wire.FeedPage;
import org.jspecify.annotations.Nullable;

/**
 * A page of the feed.
 *
 * @param mark what the server wants to be shown from now on; null where it gave none
 */
public record FeedAnswer(FeedPage page, @Nullable String mark) {}
