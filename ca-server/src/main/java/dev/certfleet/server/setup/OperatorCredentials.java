package dev.certfleet.server.setup;

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
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.springframework.stereotype.Component;

/** Makes an operator's credential on the server's own machine: key and certificate in one file of mode 0600. */
@Component
class OperatorCredentials {
    private final IssueCertificate issueCertificate;
    private final DataFolder folder;

    OperatorCredentials(IssueCertificate issueCertificate, DataFolder folder) {
        this.issueCertificate = issueCertificate;
        this.folder = folder;
    }

    /**
     * @param together what belongs into the transaction that records the certificate
     * @return the file
     */
    Path make(String operator, Consumer<CertificateRecord> together) {
        LocalKey.WithRequest made = LocalKey.create(new Subject(operator, List.of()));
        Order order = new Order(
                ProfileName.OPERATOR,
                Holder.Installation.operator(operator),
                made.request(),
                null,
                FirstStart.ACTOR,
                "operator-credential-" + UUID.randomUUID(),
                new byte[32]);
        return switch (issueCertificate.issue(order, together)) {
            case Issuance.Issued issued ->
                folder.writeSecret(
                        "operator-" + operator + ".pem",
                        (made.key().pem() + pem(issued.certificate().der()) + TrustBundles.pem(issued.authority()))
                                .getBytes(StandardCharsets.US_ASCII));
            case Issuance.Refused refused ->
                throw new IllegalStateException("the credential was refused: " + refused.violations());
            case Issuance.InProgress inProgress -> throw new IllegalStateException("a fresh request is in progress");
            case Issuance.OtherRequest other -> throw new IllegalStateException("a fresh request id was used before");
        };
    }

    static String pem(byte[] certificate) {
        return "-----BEGIN CERTIFICATE-----\n"
                + Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                        .encodeToString(certificate)
                + "\n-----END CERTIFICATE-----\n";
    }
}
