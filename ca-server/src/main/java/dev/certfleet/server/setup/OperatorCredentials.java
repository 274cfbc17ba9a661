package dev.certfleet.server.setup;

import dev.certfleet.pki.Pem;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.authority.TrustBundles;
import dev.certfleet.server.installation.DataFolder;
import dev.certfleet.server.issuance.Issuance;
import dev.certfleet.server.issuance.IssueCertificate;
import dev.certfleet.server.issuance.Order;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.signing.LocalKey;
import dev.certfleet.server.x509.Holder;
import dev.certfleet.server.x509.Subject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.springframework.stereotype.Component;

/** Makes an operator's credential on the server's own machine: key and certificate in one file of mode 0600. */
@Component
class OperatorCredentials {
    private final IssueCertificate issueCertificate;
    private final DataFolder folder;
    private final SecureRandom random;

    OperatorCredentials(IssueCertificate issueCertificate, DataFolder folder, SecureRandom random) {
        this.issueCertificate = issueCertificate;
        this.folder = folder;
        this.random = random;
    }

    /**
     * @param requestId names this credential; each is made once, whoever asks
     * @param together what belongs into the transaction that records the certificate
     * @return the file; empty where another server has made, or is making, the credential of this name
     */
    Optional<Path> make(String operator, String requestId, Consumer<CertificateRecord> together) {
        byte[] thisTry = new byte[32];
        random.nextBytes(thisTry);
        LocalKey.WithRequest made = LocalKey.create(new Subject(operator, List.of()));
        Order order = new Order(
                ProfileName.OPERATOR,
                Holder.Installation.operator(operator),
                made.request(),
                null,
                FirstStart.ACTOR,
                requestId,
                thisTry);
        return switch (issueCertificate.issue(order, together)) {
            case Issuance.Issued issued ->
                Optional.of(folder.writeSecret(
                        "operator-" + operator + ".pem",
                        (made.key().pem()
                                        + Pem.encode(
                                                Pem.CERTIFICATE,
                                                issued.certificate().der())
                                        + TrustBundles.pem(issued.authority()))
                                .getBytes(StandardCharsets.US_ASCII)));
            case Issuance.Refused refused ->
                throw new IllegalStateException("the credential was refused: " + refused.violations());
            case Issuance.InProgress inProgress -> Optional.empty();
            case Issuance.OtherRequest other -> Optional.empty();
        };
    }
}
