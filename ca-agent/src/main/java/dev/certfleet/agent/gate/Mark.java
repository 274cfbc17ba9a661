package dev.certfleet.agent.gate;

import org.jspecify.annotations.Nullable;

/**
 * A value that the server signed and gave with an answer of the feed: shown back to it, it tells a server that has lost part of
 * its history what it once knew. The gate does not look into it.
 *
 * @param text as it was in the header
 * @param epoch of the history that it belongs to
 * @param sequence how far the answer that bore it went
 */
public record Mark(String text, String epoch, long sequence) {
    /** The newer of two; within one history never one of an earlier place. */
    static Mark newer(@Nullable Mark known, Mark other) {
        boolean earlier = known != null && known.epoch().equals(other.epoch()) && other.sequence() < known.sequence();
        return known != null && earlier ? known : other;
    }
}
