package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateRevokedException;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.PKIXRevocationChecker.Option;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The JDK's own path validation, by OCSP alone and by CRL alone; no answer, or none that it believes, is a failure. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JdkPkixIT {
    private static final String FETCH_CRLS = "com.sun.security.enableCRLDP";

    private final StatusWorld world = StatusWorld.get();

    @BeforeAll
    void letItFetchCrls() {
        System.setProperty(FETCH_CRLS, "true");
    }

    @AfterAll
    void letItNoMore() {
        System.clearProperty(FETCH_CRLS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"p256", "p384", "rsa3072", "ed25519"})
    void tellsGoodFromRevoked(String keyAlgorithm) throws Exception {
        String cluster = "jdk-" + keyAlgorithm;
        world.cluster(cluster, keyAlgorithm);
        ClientIdentity good = world.client(cluster, "good");
        ClientIdentity revoked = world.client(cluster, "revoked");
        validate(good, EnumSet.of(Option.NO_FALLBACK));
        validate(revoked, EnumSet.of(Option.NO_FALLBACK));

        world.revoke(revoked, "keyCompromise", Map.of());
        world.crlWith(revoked);

        // The JDK keeps a CRL for half a minute: it is asked for only now.
        for (EnumSet<Option> source :
                List.of(EnumSet.of(Option.NO_FALLBACK), EnumSet.of(Option.NO_FALLBACK, Option.PREFER_CRLS))) {
            validate(good, source);
            assertThatThrownBy(() -> validate(revoked, source))
                    .isInstanceOf(CertPathValidatorException.class)
                    .cause()
                    .isInstanceOfSatisfying(
                            CertificateRevokedException.class,
                            refusal -> assertThat(refusal.getRevocationReason().name())
                                    .isEqualTo("KEY_COMPROMISE"));
        }
    }

    private static void validate(ClientIdentity client, EnumSet<Option> source)
            throws IOException, GeneralSecurityException {
        CertPathValidator validator = CertPathValidator.getInstance("PKIX");
        PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
        EnumSet<Option> options = EnumSet.of(Option.ONLY_END_ENTITY);
        options.addAll(source);
        checker.setOptions(options);
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(read(client.authority()), null)));
        parameters.addCertPathChecker(checker);
        validator.validate(
                CertificateFactory.getInstance("X.509").generateCertPath(List.of(read(client.certificate()))),
                parameters);
        assertThat(checker.getSoftFailExceptions()).isEmpty();
    }

    private static X509Certificate read(Path file) throws IOException, GeneralSecurityException {
        try (InputStream stream = Files.newInputStream(file)) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(stream);
        }
    }
}
