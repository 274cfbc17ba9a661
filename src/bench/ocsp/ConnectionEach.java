import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A client that makes a connection for each request, since {@code openssl ocsp} answers one and closes: PORT PATH LIST SECONDS,
 * where LIST is what Requests.java wrote. Prints {@code figures RATE P50 P99 ERRORS}, milliseconds.
 */
final class ConnectionEach {
    private static final int CLIENTS = 4;

    private ConnectionEach() {}

    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(arguments[0]);
        byte[] head = ("POST " + arguments[1] + " HTTP/1.0\r\nContent-Type: application/ocsp-request\r\nContent-Length: ")
                .getBytes(StandardCharsets.US_ASCII);
        List<byte[]> requests = Files.readAllLines(Path.of(arguments[2])).stream()
                .map(line -> request(head, HexFormat.of().parseHex(line.split(" ")[1])))
                .toList();
        long end = System.nanoTime() + Long.parseLong(arguments[3]) * 1_000_000_000;
        long began = System.nanoTime();
        AtomicInteger next = new AtomicInteger();
        AtomicInteger errors = new AtomicInteger();
        AtomicInteger done = new AtomicInteger();
        long[] took = new long[4_000_000];
        Thread[] clients = new Thread[CLIENTS];
        for (int i = 0; i < CLIENTS; i++) {
            clients[i] = Thread.ofPlatform().start(() -> {
                while (System.nanoTime() < end) {
                    long start = System.nanoTime();
                    if (isAnswered(port, requests.get(Math.floorMod(next.getAndIncrement(), requests.size())))) {
                        int number = done.getAndIncrement();
                        took[number % took.length] = System.nanoTime() - start;
                    } else {
                        errors.incrementAndGet();
                    }
                }
            });
        }
        for (Thread client : clients) {
            client.join();
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        int count = Math.min(done.get(), took.length);
        Arrays.sort(took, 0, count);
        System.out.printf(
                "figures %.1f %.3f %.3f %d%n",
                count / seconds, at(took, count, 0.5), at(took, count, 0.99), errors.get());
    }

    private static double at(long[] sorted, int count, double quantile) {
        return count == 0 ? 0 : sorted[(int) (quantile * (count - 1))] / 1e6;
    }

    private static byte[] request(byte[] head, byte[] body) {
        byte[] length = (body.length + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
        byte[] all = Arrays.copyOf(head, head.length + length.length + body.length);
        System.arraycopy(length, 0, all, head.length, length.length);
        System.arraycopy(body, 0, all, head.length + length.length, body.length);
        return all;
    }

    /** A successful OCSPResponse begins with a SEQUENCE and says 0, behind the empty line. */
    private static boolean isAnswered(int port, byte[] request) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(5_000);
            socket.getOutputStream().write(request);
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            int body = answer.indexOf("\r\n\r\n") + 4;
            return answer.startsWith("200", 9) && answer.indexOf("\n\001\0", body) > 0;
        } catch (IOException e) {
            return false;
        }
    }
}
