package dev.certfleet.agent.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.Json;
import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.publish.StagedFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The running agent's Unix domain socket, for its own user alone: one request and one answer a connection, each a JSON object
 * that ends with the sender's half of the connection.
 */
public final class ControlSocket implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("certfleet.agent.control");
    private static final int LARGEST = 1 << 20;

    /**
     * What can be asked: {@code status} or {@code renew}.
     *
     * @param profile which certificate; null for all
     * @param newKey with a new key even where the key would stay
     */
    public record Request(String command, @Nullable String profile, boolean newKey) {}

    /**
     * @param problem why it was not done; null where it was
     * @param status the agent's state afterwards
     */
    public record Answer(@Nullable String problem, @Nullable StatusReport status) {}

    private final ServerSocketChannel server;
    private final Path path;

    private ControlSocket(ServerSocketChannel server, Path path) {
        this.server = server;
        this.path = path;
    }

    /** @param handler called on a thread of its own for each request */
    public static ControlSocket open(Path path, Function<Request, Answer> handler) {
        try {
            Files.deleteIfExists(path);
            ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(path));
            Files.setPosixFilePermissions(path, StagedFile.PRIVATE);
            ControlSocket socket = new ControlSocket(server, path);
            Thread.ofVirtual().name("control").start(() -> socket.accept(handler));
            return socket;
        } catch (IOException e) {
            throw new Trouble(ExitCode.FILES, "cannot open the control socket " + path + ": " + Trouble.oneLine(e), e);
        }
    }

    /** Asks the agent behind a socket; empty where none is running. */
    public static Optional<Answer> ask(Path path, Request request) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(path));
            write(channel, Json.write(request));
            channel.shutdownOutput();
            return Optional.of(Json.read(Answer.class, read(channel)));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "closing the control socket: {0}", Trouble.oneLine(e));
        }
    }

    private void accept(Function<Request, Answer> handler) {
        while (server.isOpen()) {
            try {
                SocketChannel channel = server.accept();
                Thread.ofVirtual().name("control-request").start(() -> serve(channel, handler));
            } catch (AsynchronousCloseException e) {
                return;
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "the control socket fails: {0}", Trouble.oneLine(e));
                return;
            }
        }
    }

    private static void serve(SocketChannel channel, Function<Request, Answer> handler) {
        try (channel) {
            Answer answer;
            try {
                answer = handler.apply(Json.read(Request.class, read(channel)));
            } catch (IOException | Trouble e) {
                answer = new Answer(Trouble.oneLine(e), null);
            }
            write(channel, Json.write(answer));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a control request broke off: {0}", Trouble.oneLine(e));
        }
    }

    private static byte[] read(SocketChannel channel) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(4096);
        while (channel.read(buffer) >= 0) {
            all.write(buffer.array(), 0, buffer.position());
            buffer.clear();
            if (all.size() > LARGEST) {
                throw new IOException("a message of more than " + LARGEST + " bytes: "
                        + all.toString(UTF_8).substring(0, 20));
            }
        }
        return all.toByteArray();
    }

    private static void write(SocketChannel channel, byte[] message) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(message);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }
}
