package dev.certfleet.server.status;

import dev.certfleet.server.installation.CannotStart;
import dev.certfleet.server.installation.Settings;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * The plain HTTP listener: an HTTP engine and one handler, without servlets, sessions or filters. It is the last to start,
 * when all else is ready to answer, and the first to stop.
 */
@Component
public class StatusServer implements SmartLifecycle {
    private static final int MAX_THREADS = 32;
    /** Longer than clients keep an idle connection (the JDK's 30 s): one that is just closing fails a POST. */
    private static final long IDLE_MILLIS = 40_000;

    private static final long STOP_MILLIS = 2_000;

    private final Settings settings;
    private final StatusHandler handler;
    private @Nullable Server server;

    StatusServer(Settings settings, StatusHandler handler) {
        this.settings = settings;
        this.handler = handler;
    }

    @Override
    public synchronized void start() {
        InetSocketAddress address = settings.statusAddress();
        Server starting = build(address);
        try {
            starting.start();
        } catch (Exception e) {
            close(starting);
            throw cannotStart(address, e);
        }
        server = starting;
    }

    private Server build(InetSocketAddress address) {
        QueuedThreadPool threads = new QueuedThreadPool(MAX_THREADS);
        threads.setName("status");
        threads.setVirtualThreadsExecutor(Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("status-", 0).factory()));
        Server built = new Server(threads);

        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setUriCompliance(UriCompliance.DEFAULT.with(
                "base64 in paths",
                UriCompliance.Violation.AMBIGUOUS_EMPTY_SEGMENT,
                UriCompliance.Violation.AMBIGUOUS_PATH_SEPARATOR));
        ServerConnector connector = new ServerConnector(built, new HttpConnectionFactory(http));
        connector.setHost(address.getAddress().getHostAddress());
        connector.setPort(address.getPort());
        connector.setIdleTimeout(IDLE_MILLIS);
        connector.setAcceptQueueSize(1024);

        built.addConnector(connector);
        built.setHandler(handler);
        built.setErrorHandler(StatusServer::error);
        built.setStopTimeout(STOP_MILLIS);
        return built;
    }

    /** What the engine refuses before the handler sees it. */
    private static boolean error(Request request, Response response, Callback callback) {
        byte[] line = ("HTTP " + response.getStatus() + "\n").getBytes(StandardCharsets.US_ASCII);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/plain;charset=utf-8");
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        response.write(true, ByteBuffer.wrap(line), callback);
        return true;
    }

    private static CannotStart cannotStart(InetSocketAddress address, Exception e) {
        Throwable cause = e;
        while (cause != null && !(cause instanceof BindException)) {
            cause = cause.getCause();
        }
        if (cause == null) {
            return new CannotStart("the listener for OCSP and CRLs does not start: " + e.getMessage(), e);
        }
        String message = String.valueOf(cause.getMessage());
        return message.contains("in use")
                ? new CannotStart(
                        "port " + address.getPort() + ", for OCSP and CRLs, is in use: free it, or set certfleet.status"
                                + " to another address and port",
                        e)
                : new CannotStart(
                        "nothing can listen on " + address.getAddress().getHostAddress() + ":" + address.getPort()
                                + ", for OCSP and CRLs (" + message + "): set certfleet.status to another address",
                        e);
    }

    /** The port it listens on, which the system chose where the setting is 0. */
    public synchronized int port() {
        if (server == null) {
            throw new IllegalStateException("the status listener does not run");
        }
        return ((ServerConnector) server.getConnectors()[0]).getLocalPort();
    }

    /** Where this machine itself reaches the listener: its address, or loopback where it listens on all. */
    public String localAddress() {
        InetAddress address = settings.statusAddress().getAddress();
        String text = address.isAnyLocalAddress() ? "127.0.0.1" : address.getHostAddress();
        return text.contains(":") ? "[" + text + "]" : text;
    }

    @Override
    public synchronized void stop() {
        Server running = server;
        server = null;
        if (running != null) {
            close(running);
        }
    }

    private static void close(Server server) {
        try {
            server.stop();
        } catch (Exception e) {
            throw new IllegalStateException("the status listener does not stop", e);
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return server != null;
    }

    /** After the web server, which is at {@code DEFAULT_PHASE - 2048}. */
    @Override
    public int getPhase() {
        return DEFAULT_PHASE - 512;
    }
}
