package dev.certfleet.server.enrolment;

import dev.certfleet.pki.EvidenceBinding;
import dev.certfleet.server.enrolment.document.Claims;
import dev.certfleet.server.enrolment.document.DocumentFormatException;
import dev.certfleet.server.enrolment.document.IssuerKeys;
import dev.certfleet.server.enrolment.document.SignedDocument;
import dev.certfleet.server.x509.CertificationRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encoding;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** A document proves what its issuer says of the machine: its name, and which of all the issuer's machines it is. */
@Component
class DocumentEvidence {
    private static final Logger LOG = LoggerFactory.getLogger(DocumentEvidence.class);

    private final DocumentIssuerRepository repository;
    private final DocumentIssuers issuers;
    private final Machines machines;
    private final Refusals refusals;
    private final Clock clock;

    DocumentEvidence(
            DocumentIssuerRepository repository,
            DocumentIssuers issuers,
            Machines machines,
            Refusals refusals,
            Clock clock) {
        this.repository = repository;
        this.issuers = issuers;
        this.machines = machines;
        this.refusals = refusals;
        this.clock = clock;
    }

    Examination examine(Evidence.IdentityDocument evidence, CertificationRequest csr) {
        String cluster = evidence.document().cluster();

        // 1. Who says to have signed it, and whether the operator trusts them
        SignedDocument document;
        try {
            document = SignedDocument.read(evidence.document().document());
        } catch (DocumentFormatException e) {
            return new Examination.Refused(new Enrolment.NotProven(String.valueOf(e.getMessage())));
        }
        List<DocumentIssuer> trusted = repository.findTrusted(cluster, document.issuer());

        // 2. Whether they did, and what it says; several entries may trust one issuer for different machines
        Optional<String> why = Optional.empty();
        for (DocumentIssuer issuer : trusted) {
            Optional<Claims> claims = document.verified(keys(issuer));
            if (claims.isPresent()) {
                Optional<String> broken = DocumentRules.broken(
                        claims.get(), issuer, issuers.constraints(issuer), nonce(csr), clock.instant());
                if (broken.isEmpty()) {
                    return new Examination.Proven(grant(issuer, claims.get()));
                }
                why = why.or(() -> broken);
            }
        }
        if (why.isPresent()) {
            refusals.tell(cluster, "", "document of " + document.issuer() + ": " + why.get());
            return new Examination.Refused(new Enrolment.NotProven(why.get()));
        }
        LOG.info("enrolment of a node with a document that no trusted issuer signed");
        return new Examination.Refused(
                new Enrolment.NotProven("no issuer that this cluster trusts signed the document"));
    }

    /** 3. What the operator trusts it for. */
    private Grant grant(DocumentIssuer issuer, Claims claims) {
        String instance = claims.text(issuer.instanceClaim()).orElseThrow();
        String name = claims.text(issuer.nodeNameClaim()).orElseThrow();
        byte[] machine = ChallengeTpm.sha256((issuer.issuer() + "\n" + instance).getBytes(StandardCharsets.UTF_8));
        return new Grant(
                issuer.cluster(),
                "document:" + issuer.cluster() + ":" + HexFormat.of().formatHex(machine),
                "document of " + issuer.name() + " for instance " + instance,
                "the document",
                name,
                issuer.roles(),
                new MachineUse(
                        machines,
                        new Machines.Machine(issuer.cluster(), "document", machine),
                        claims.digest(),
                        DocumentRules.countsUntil(claims, issuer),
                        () -> repository.keep(issuer.id()).isPresent()));
    }

    private static IssuerKeys keys(DocumentIssuer issuer) {
        try {
            return IssuerKeys.read(issuer.keys());
        } catch (DocumentFormatException e) {
            throw new IllegalStateException("the keys of issuer " + issuer.name() + " cannot be read", e);
        }
    }

    private static String nonce(CertificationRequest csr) {
        try {
            return EvidenceBinding.nonce(csr.key().getEncoded(ASN1Encoding.DER));
        } catch (IOException e) {
            throw new UncheckedIOException("a key that was just read cannot be encoded", e);
        }
    }
}
