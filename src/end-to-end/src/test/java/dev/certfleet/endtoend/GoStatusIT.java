package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Go, which Kubernetes and etcd are written in: x/crypto/ocsp by POST and GET, and crypto/x509 for CRLs. */
class GoStatusIT {
    private final String program = Binaries.find().path("status-check");
    private final StatusWorld world = StatusWorld.get();

    @ParameterizedTest
    @ValueSource(strings = {"p256", "ed25519"})
    void tellsGoodFromRevoked(String keyAlgorithm) {
        String cluster = "go-" + keyAlgorithm;
        world.cluster(cluster, keyAlgorithm);
        ClientIdentity good = world.client(cluster, "good");
        ClientIdentity revoked = world.client(cluster, "revoked");
        assertThat(check("ocsp", good)).containsExactly("good");
        assertThat(check("ocsp", revoked)).containsExactly("good");
        BigInteger before = new BigInteger(check("crl", good).getFirst());

        world.revoke(revoked, "superseded", Map.of());
        world.crlWith(revoked);

        assertThat(check("ocsp", good)).containsExactly("good");
        assertThat(check("ocsp", revoked).getFirst()).startsWith("revoked 4 20");
        assertThat(check("crl", revoked).getLast())
                .isEqualTo(check("ocsp", revoked).getFirst());
        List<String> after = check("crl", good);
        assertThat(after.getLast()).isEqualTo("good");
        assertThat(new BigInteger(after.getFirst())).isGreaterThan(before);
    }

    private List<String> check(String what, ClientIdentity client) {
        return Command.of(
                        program,
                        what,
                        client.authority().toString(),
                        client.certificate().toString())
                .run()
                .orFail()
                .stdout()
                .lines()
                .toList();
    }
}
