package dev.certfleet.server.status;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelProgressiveFuture;
import io.netty.channel.ChannelProgressiveFutureListener;
import io.netty.channel.ChannelProgressivePromise;
import io.netty.channel.DefaultFileRegion;

/** Sends a body that is too large to be written at once: no faster than the client takes it. */
@SuppressWarnings("FutureReturnValueIgnored") // listeners look at what becomes of it
final class Transfer {
    /** What is written together with its head. */
    static final int AT_ONCE = 64 * 1024;

    private static final int SLICE = 256 * 1024;

    private final ChannelHandlerContext context;
    private final Runnable moved;
    private final Runnable done;

    /**
     * @param moved is run whenever the client took some of it
     * @param done is run when it took all; where it does not, the connection is closed
     */
    Transfer(ChannelHandlerContext context, Runnable moved, Runnable done) {
        this.context = context;
        this.moved = moved;
        this.done = done;
    }

    void send(Reply.Body body) {
        switch (body) {
            case Reply.Body.Octets octets -> slice(octets.octets(), 0);
            case Reply.Body.Region region -> region(region);
        }
    }

    private void slice(byte[] octets, int from) {
        int length = Math.min(SLICE, octets.length - from);
        context.writeAndFlush(Unpooled.wrappedBuffer(octets, from, length)).addListener(sent -> {
            moved.run();
            if (!sent.isSuccess()) {
                context.close();
            } else if (from + length < octets.length) {
                slice(octets, from + length);
            } else {
                done.run();
            }
        });
    }

    private void region(Reply.Body.Region region) {
        ChannelProgressivePromise progress = context.newProgressivePromise();
        progress.addListener(new ChannelProgressiveFutureListener() {
            @Override
            public void operationProgressed(ChannelProgressiveFuture future, long sent, long total) {
                moved.run();
            }

            @Override
            public void operationComplete(ChannelProgressiveFuture future) {
                if (future.isSuccess()) {
                    done.run();
                } else {
                    context.close();
                }
            }
        });
        // The region closes its file when it is let go of.
        var _ = context.writeAndFlush(new DefaultFileRegion(region.file(), 0, region.length()), progress);
    }
}
