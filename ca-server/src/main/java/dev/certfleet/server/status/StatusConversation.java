package dev.certfleet.server.status;

import dev.certfleet.server.status.ReplyHead.Connection;
import dev.certfleet.server.status.StatusServer.Patience;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection: reads a request, has it answered, writes the answer, and only then looks at the next, so that answers come
 * in the order of the requests however they are pipelined. All of it runs on the connection's event loop but the answering of
 * what may wait. While that goes on, or an answer is not taken, nothing more is read.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty closes a connection whose write fails
final class StatusConversation extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(StatusConversation.class);
    private static final byte[] NOTHING = {};
    private static final byte[] CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int MAX_BODY = OcspEndpoint.MAX_REQUEST;

    /** What is read and dropped after a refusal, so that a client in the middle of its body gets to read it. */
    private static final int MAX_DROPPED = 1024 * 1024;

    private static final long LINGER_SECONDS = 2;

    private final StatusHandler handler;
    private final ExecutorService waiting;
    private final Clock clock;
    private final Patience patience;
    private final ArrayDeque<Object> queue = new ArrayDeque<>();

    /** The request that is being read, or answered. */
    private @Nullable Received request;

    private @Nullable Reply refusal;
    private byte[] body = NOTHING;
    private int bodyLength;

    private boolean reading;
    private boolean waitingForAnswer;
    private boolean sending;
    private boolean closing;
    private boolean ending;

    private boolean heard;
    private long partSince;
    private long lastActivity;
    private long dropped;

    StatusConversation(StatusHandler handler, ExecutorService waiting, Clock clock, Patience patience) {
        this.handler = handler;
        this.waiting = waiting;
        this.clock = clock;
        this.patience = patience;
    }

    // What comes in

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        lastActivity = System.nanoTime();
        watchIdle(ctx, patience.idle().toNanos());
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        heard = true;
        if (isBusy()) {
            queue.add(message);
        } else {
            take(ctx, message);
        }
    }

    private boolean isBusy() {
        return waitingForAnswer || sending;
    }

    private void take(ChannelHandlerContext ctx, Object message) {
        try {
            if (closing) {
                drop(ctx, message);
                return;
            }
            if (message instanceof HttpRequest http) {
                head(ctx, http);
            }
            if (message instanceof HttpContent content && !closing) {
                content(ctx, content);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void drop(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpContent content) {
            dropped += content.content().readableBytes();
        }
        if (dropped > MAX_DROPPED) {
            ctx.close();
        }
    }

    private void head(ChannelHandlerContext ctx, HttpRequest http) {
        reading = true;
        refusal = null;
        body = NOTHING;
        bodyLength = 0;
        if (http.decoderResult().isFailure()) {
            request = null;
            refuse(ctx, engineRefusal(http.decoderResult().cause()));
            return;
        }
        Received received = Received.of(http);
        request = received;
        if (!received.isHttp1() || !received.isWellFormed()) {
            refuse(ctx, engineRefusal(received.isHttp1() ? 400 : 505));
            return;
        }
        refusal = handler.refusal(received, received.path(), received.declaredLength());
        if (refusal != null && received.hasBody()) {
            refuse(ctx, refusal);
        } else if (received.waitsForContinue()) {
            ctx.writeAndFlush(ctx.alloc().buffer(CONTINUE.length).writeBytes(CONTINUE), ctx.voidPromise());
        }
    }

    private static Reply engineRefusal(Throwable cause) {
        return engineRefusal(
                cause instanceof TooLongHttpLineException
                        ? 414
                        : cause instanceof TooLongHttpHeaderException ? 431 : 400);
    }

    private static Reply engineRefusal(int status) {
        return Reply.problem(status, "HTTP " + status);
    }

    private void content(ChannelHandlerContext ctx, HttpContent content) {
        if (content.decoderResult().isFailure()) {
            refuse(ctx, engineRefusal(400));
            return;
        }
        ByteBuf part = content.content();
        int more = part.readableBytes();
        if (bodyLength + more > MAX_BODY) {
            refuse(ctx, OcspEndpoint.tooLarge());
            return;
        }
        if (more > 0) {
            if (bodyLength + more > body.length) {
                body = Arrays.copyOf(body, Math.max(bodyLength + more, Math.min(MAX_BODY, 2 * body.length)));
            }
            part.readBytes(body, bodyLength, more);
            bodyLength += more;
        }
        if (content instanceof LastHttpContent) {
            reading = false;
            answer(ctx);
        }
    }

    private void answer(ChannelHandlerContext ctx) {
        Received asked = request;
        if (asked == null) {
            return;
        }
        if (refusal != null) {
            write(ctx, asked, refusal);
            return;
        }
        byte[] octets = bodyLength == body.length ? body : Arrays.copyOf(body, bodyLength);
        body = NOTHING;
        Reply atOnce = handler.answerAtOnce(asked, asked.path(), octets);
        if (atOnce != null) {
            write(ctx, asked, atOnce);
            return;
        }
        waitingForAnswer = true;
        ctx.channel().config().setAutoRead(false);
        try {
            waiting.execute(() -> {
                Reply reply = handler.answer(asked, asked.path(), octets);
                try {
                    ctx.executor().execute(() -> {
                        waitingForAnswer = false;
                        lastActivity = System.nanoTime();
                        write(ctx, asked, reply);
                        goOn(ctx);
                    });
                } catch (RejectedExecutionException e) {
                    reply.close();
                }
            });
        } catch (RejectedExecutionException e) {
            ctx.close();
        }
    }

    /** Looks at what came while an answer was waited for or sent. */
    private void goOn(ChannelHandlerContext ctx) {
        while (!isBusy()) {
            Object message = queue.poll();
            if (message == null) {
                break;
            }
            take(ctx, message);
        }
        ctx.flush();
        readOn(ctx);
    }

    private void readOn(ChannelHandlerContext ctx) {
        ctx.channel().config().setAutoRead(!isBusy() && ctx.channel().isWritable());
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        readOn(ctx);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ctx.flush();
        lastActivity = System.nanoTime();
        boolean part = (reading || !heard) && !isBusy() && !closing;
        heard = false;
        if (!part) {
            partSince = 0;
        } else if (partSince == 0) {
            partSince = lastActivity;
            ctx.executor()
                    .schedule(() -> endUnlessComplete(ctx), patience.request().toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private void endUnlessComplete(ChannelHandlerContext ctx) {
        boolean over = partSince != 0
                && System.nanoTime() - partSince >= patience.request().toNanos();
        if (over && !isBusy() && !closing) {
            refuse(ctx, Reply.problem(408, "the request did not come within " + patience.request()));
        }
    }

    private void watchIdle(ChannelHandlerContext ctx, long nanos) {
        ctx.executor()
                .schedule(
                        () -> {
                            long left = patience.idle().toNanos() - (System.nanoTime() - lastActivity);
                            if (!ctx.channel().isActive()) {
                                return;
                            } else if (left <= 0 && !waitingForAnswer) {
                                ctx.close();
                                return;
                            }
                            watchIdle(ctx, Math.max(left, TimeUnit.SECONDS.toNanos(1)));
                        },
                        nanos,
                        TimeUnit.NANOSECONDS);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        closing = true;
        queue.forEach(ReferenceCountUtil::release);
        queue.clear();
    }

    /** The server stops: what is being answered is answered, and nothing after it. */
    void end(ChannelHandlerContext ctx) {
        ending = true;
        if (!isBusy()) {
            ctx.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!(cause instanceof IOException)) {
            LOG.error("a connection for status broke", cause);
        }
        ctx.close();
    }

    // What goes out

    /** Answers what is not to be read to its end: the client reads it while the rest of what it sends is dropped. */
    private void refuse(ChannelHandlerContext ctx, Reply reply) {
        closing = true;
        ctx.writeAndFlush(whole(ctx, reply, Connection.CLOSES, true)).addListener(written -> {
            if (written.isSuccess() && ctx.channel() instanceof DuplexChannel duplex) {
                duplex.shutdownOutput();
            }
        });
        ctx.executor().schedule(() -> ctx.close(), LINGER_SECONDS, TimeUnit.SECONDS);
    }

    private void write(ChannelHandlerContext ctx, Received asked, Reply reply) {
        boolean closes = ending || !asked.keepAlive();
        Connection connection = closes ? Connection.CLOSES : asked.isHttp10() ? Connection.KEPT : Connection.GOES_ON;
        boolean withBody = !asked.isHead() && reply.status() != 304;
        boolean atOnce = !withBody
                || (reply.body() instanceof Reply.Body.Octets && reply.body().length() <= Transfer.AT_ONCE);
        if (atOnce) {
            closing = closes;
            ByteBuf whole = whole(ctx, reply, connection, withBody);
            if (closes) {
                ctx.writeAndFlush(whole).addListener(ChannelFutureListener.CLOSE);
            } else {
                ctx.write(whole, ctx.voidPromise());
            }
            if (!withBody) {
                reply.close();
            }
            return;
        }
        sending = true;
        readOn(ctx);
        ctx.write(whole(ctx, reply, connection, false), ctx.voidPromise());
        new Transfer(ctx, () -> lastActivity = System.nanoTime(), () -> {
                    sending = false;
                    if (closes) {
                        ctx.close();
                    } else {
                        goOn(ctx);
                    }
                })
                .send(reply.body());
    }

    private ByteBuf whole(ChannelHandlerContext ctx, Reply reply, Connection connection, boolean withBody) {
        byte[] head = ReplyHead.of(reply, connection, clock.instant().getEpochSecond());
        byte[] octets = withBody && reply.body() instanceof Reply.Body.Octets inMemory ? inMemory.octets() : NOTHING;
        return ctx.alloc().buffer(head.length + octets.length).writeBytes(head).writeBytes(octets);
    }
}
