package dev.certfleet.server.status;

import dev.certfleet.server.installation.CannotStart;
import dev.certfleet.server.installation.Settings;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * The plain HTTP listener: Netty and one handler, without servlets, sessions or filters. What is known is answered by the
 * threads that read the sockets; what may wait, by virtual threads. It is the last to start, when all else is ready to answer,
 * and the first to stop.
 */
@Component
public class StatusServer implements SmartLifecycle {
    private static final int BACKLOG = 1024;
    private static final long STOP_MILLIS = 2_000;

    private final Settings settings;
    private final StatusHandler handler;
    private final Clock clock;
    private final Patience patience;
    private @Nullable Running running;

    @Autowired
    StatusServer(Settings settings, StatusHandler handler, Clock clock) {
        this(settings, handler, clock, Patience.DEFAULT);
    }

    StatusServer(Settings settings, StatusHandler handler, Clock clock, Patience patience) {
        this.settings = settings;
        this.handler = handler;
        this.clock = clock;
        this.patience = patience;
    }

    /**
     * How long a client may take.
     *
     * @param request from the first octet of a request to its last
     * @param idle without anything sent or taken
     */
    record Patience(Duration request, Duration idle) {
        /** Idle connections live longer than clients keep them (the JDK's 30 s): one that is just closing fails a POST. */
        static final Patience DEFAULT = new Patience(Duration.ofSeconds(10), Duration.ofSeconds(40));
    }

    private record Running(EventLoopGroup loops, ExecutorService waiting, Channel listener, ChannelGroup connections) {}

    @Override
    public synchronized void start() {
        InetSocketAddress address = settings.statusAddress();
        boolean epoll = Epoll.isAvailable();
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(
                Runtime.getRuntime().availableProcessors(),
                new DefaultThreadFactory("status", true),
                epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        ExecutorService waiting = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("status-", 0).factory());
        ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
        Class<? extends ServerChannel> channel = epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        ChannelFuture bound = new ServerBootstrap()
                .group(loops)
                .channel(channel)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel connection) {
                        connections.add(connection);
                        connection
                                .pipeline()
                                .addLast(
                                        new StatusRequestDecoder(),
                                        new StatusConversation(handler, waiting, clock, patience));
                    }
                })
                .bind(address.getAddress(), address.getPort())
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            waiting.shutdown();
            loops.shutdownGracefully(0, STOP_MILLIS, TimeUnit.MILLISECONDS).awaitUninterruptibly();
            throw cannotStart(address, Objects.requireNonNull(bound.cause()));
        }
        running = new Running(loops, waiting, bound.channel(), connections);
    }

    private static CannotStart cannotStart(InetSocketAddress address, Throwable e) {
        @Nullable Throwable cause = e;
        while (cause != null && !(cause instanceof BindException)) {
            cause = cause.getCause();
        }
        String message = String.valueOf(cause == null ? e.getMessage() : cause.getMessage());
        if (message.contains("in use")) {
            return new CannotStart(
                    "port " + address.getPort() + ", for OCSP and CRLs, is in use: free it, or set certfleet.status"
                            + " to another address and port",
                    e);
        }
        return new CannotStart(
                "nothing can listen on " + address.getAddress().getHostAddress() + ":" + address.getPort()
                        + ", for OCSP and CRLs (" + message + "): set certfleet.status to another address",
                e);
    }

    /** The port it listens on, which the system chose where the setting is 0. */
    public synchronized int port() {
        if (running == null) {
            throw new IllegalStateException("the status listener does not run");
        }
        return ((InetSocketAddress) running.listener().localAddress()).getPort();
    }

    /** Where this machine itself reaches the listener: its address, or loopback where it listens on all. */
    public String localAddress() {
        InetAddress address = settings.statusAddress().getAddress();
        String text = address.isAnyLocalAddress() ? "127.0.0.1" : address.getHostAddress();
        return text.contains(":") ? "[" + text + "]" : text;
    }

    /** What is being answered is answered, for a moment. */
    @Override
    public synchronized void stop() {
        Running stopping = running;
        running = null;
        if (stopping == null) {
            return;
        }
        stopping.listener().close().awaitUninterruptibly();
        stopping.connections().forEach(connection -> {
            var context = connection.pipeline().context(StatusConversation.class);
            if (context != null) {
                connection.eventLoop().execute(() -> ((StatusConversation) context.handler()).end(context));
            }
        });
        stopping.connections().newCloseFuture().awaitUninterruptibly(STOP_MILLIS);
        stopping.connections().close().awaitUninterruptibly(STOP_MILLIS);
        stopping.waiting().shutdown();
        stopping.loops()
                .shutdownGracefully(0, STOP_MILLIS, TimeUnit.MILLISECONDS)
                .awaitUninterruptibly();
    }

    @Override
    public synchronized boolean isRunning() {
        return running != null;
    }

    /** After the web server, which is at {@code DEFAULT_PHASE - 2048}. */
    @Override
    public int getPhase() {
        return DEFAULT_PHASE - 512;
    }
}
