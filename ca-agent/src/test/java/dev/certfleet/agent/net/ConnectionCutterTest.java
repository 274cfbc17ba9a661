package dev.certfleet.agent.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.certfleet.pki.testing.Needs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ConnectionCutterTest {
    private static final InetAddress ONE = InetAddress.ofLiteral("127.0.0.11");
    private static final InetAddress OTHER = InetAddress.ofLiteral("127.0.0.12");

    @Test
    void endsTheConnectionsOfAnAddressToAPortAndNoOthers() throws Exception {
        Needs.met(
                "root".equals(System.getProperty("user.name")) && Files.exists(Path.of("/usr/bin/ss")),
                "root, and ss (package iproute2)");
        List<Socket> accepted = new ArrayList<>();
        try (ServerSocket server = new ServerSocket(0, 8, InetAddress.ofLiteral("127.0.0.1"));
                ServerSocket elsewhere = new ServerSocket(0, 8, InetAddress.ofLiteral("127.0.0.1"));
                Socket first = connect(ONE, server, accepted);
                Socket second = connect(ONE, server, accepted);
                Socket toAnotherPort = connect(ONE, elsewhere, accepted);
                Socket fromAnotherAddress = connect(OTHER, server, accepted)) {

            assertThat(new ConnectionCutter().cut(Set.of(server.getLocalPort()), List.of(ONE)))
                    .isEqualTo(2);

            assertThatThrownBy(() -> first.getInputStream().read()).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> second.getInputStream().read()).isInstanceOf(IOException.class);
            accepted.get(2).getOutputStream().write(1);
            accepted.get(3).getOutputStream().write(2);
            assertThat(toAnotherPort.getInputStream().read()).isEqualTo(1);
            assertThat(fromAnotherAddress.getInputStream().read()).isEqualTo(2);
            try (Socket again = connect(ONE, server, accepted)) {
                accepted.getLast().getOutputStream().write(3);
                assertThat(again.getInputStream().read()).isEqualTo(3);
            }
        } finally {
            for (Socket one : accepted) {
                one.close();
            }
        }
    }

    private static Socket connect(InetAddress from, ServerSocket to, List<Socket> accepted) throws IOException {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(from, 0));
        socket.connect(to.getLocalSocketAddress(), 2_000);
        socket.setSoTimeout(2_000);
        accepted.add(to.accept());
        return socket;
    }

    @Test
    void asksForNothingWhereNobodyIsMeant() throws Exception {
        assertThat(new ConnectionCutter("/no/such/program").cut(Set.of(2379), List.of()))
                .isZero();
    }

    @Test
    void saysWhatIsMissing() {
        assertThatThrownBy(() -> new ConnectionCutter("/no/such/program").cut(Set.of(2379), List.of(ONE)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("iproute2");
    }

    @Test
    void namesPortsAndAddressesInTheLanguageOfSs() {
        assertThat(ConnectionCutter.filter(Set.of(2380, 2379), List.of(ONE, InetAddress.ofLiteral("fd00::1"), ONE)))
                .isEqualTo("( sport = :2379 or sport = :2380 )"
                        + " and ( dst = 127.0.0.11 or dst = [fd00:0:0:0:0:0:0:1] )");
    }
}
