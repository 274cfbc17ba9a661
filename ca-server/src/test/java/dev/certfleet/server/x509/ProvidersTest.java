package dev.certfleet.server.x509;

import static org.assertj.core.api.Assertions.assertThat;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.testing.Needs;
import java.security.Provider;
import java.util.List;
import java.util.stream.Stream;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What verifies requests and signs twins can be any provider, as far as it can. */
class ProvidersTest {
    @ParameterizedTest
    @MethodSource
    void verifiesRequestsAndSignsTwinsWith(Provider provider, KeyAlgorithm algorithm) {
        Needs.met(
                !(provider instanceof AmazonCorrettoCryptoProvider corretto) || corretto.getLoadingError() == null,
                "the native code of " + provider.getName());
        byte[] der = new RequestBuilder(Keys.of(algorithm)).der();
        CertificationRequest request = (CertificationRequest) CertificationRequest.parse(der);
        der[der.length - 1] ^= 1;
        CertificationRequest forged = (CertificationRequest) CertificationRequest.parse(der);

        assertThat(new SignatureCheck(provider).check(request)).isEmpty();
        assertThat(new SignatureCheck(provider).check(forged)).hasSize(1);

        CertificateContents root =
                CertificateContents.authority(new Subject("root", List.of()), Keys.info(Keys.of(algorithm)), Fleet.NOW);
        assertThat(new Linter(provider)
                        .lint(root, IssuerFacts.selfSigned(root), Serial.random(Keys.RANDOM), Keys.RANDOM)
                        .contents())
                .isSameAs(root);
    }

    static Stream<Arguments> verifiesRequestsAndSignsTwinsWith() {
        return Stream.of(AmazonCorrettoCryptoProvider.INSTANCE, new BouncyCastleProvider())
                .flatMap(provider ->
                        Stream.of(KeyAlgorithm.values()).map(algorithm -> Arguments.of(provider, algorithm)));
    }
}
