package dev.certfleet.server.web;

import dev.certfleet.server.access.Caller;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.Ledger;
import dev.certfleet.server.x509.Fingerprint;
import dev.certfleet.server.x509.Serial;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x509.Certificate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Finds the certificate that somebody wants revoked, however they name it. */
@Component
class NamedCertificates {
    private static final Logger LOG = LoggerFactory.getLogger(NamedCertificates.class);

    private final VisibleCertificates visible;
    private final Ledger ledger;
    private final Authorities authorities;

    NamedCertificates(VisibleCertificates visible, Ledger ledger, Authorities authorities) {
        this.visible = visible;
        this.ledger = ledger;
        this.authorities = authorities;
    }

    /**
     * The certificate, for a caller who may administer it. Exactly one of the three names it.
     *
     * @param fingerprint 64 lowercase hexadecimal digits
     * @param serial 1 to 32 lowercase hexadecimal digits
     * @param pem the certificate itself
     */
    CertificateRecord one(Caller caller, @Nullable String fingerprint, @Nullable String serial, @Nullable String pem) {
        if (Stream.of(Optional.ofNullable(fingerprint), Optional.ofNullable(serial), Optional.ofNullable(pem))
                        .filter(Optional::isPresent)
                        .count()
                != 1) {
            throw ProblemException.refused(
                    "certificate", "name one certificate by exactly one of certificate, serial, pem");
        }
        if (fingerprint != null) {
            return visible.administer(caller, fingerprint);
        }
        return serial != null ? visible.administer(caller, serial(serial)) : submitted(caller, String.valueOf(pem));
    }

    private static Serial serial(String text) {
        try {
            if (text.equals(text.toLowerCase(Locale.ROOT))) {
                return Serial.parse(text);
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw new ProblemException(
                ProblemType.MALFORMED_REQUEST, "a serial is 1 to 32 lowercase hexadecimal digits, without colons");
    }

    private CertificateRecord submitted(Caller caller, String pem) {
        byte[] der = Pem.certificate(pem);
        Fingerprint id = Fingerprint.of(der);
        if (ledger.find(id).isEmpty()) {
            Optional<Authority> claimed = claimed(der);
            String cluster = claimed.map(Authority::cluster).orElse(null);
            if (caller.mayAdministerInstallation() || (cluster != null && caller.mayAdminister(cluster))) {
                throw neverIssued(id, claimed);
            }
        }
        return visible.administer(caller, id.hex());
    }

    /** The authority that the certificate says it is from, if it is one of ours. */
    private Optional<Authority> claimed(byte[] der) {
        Certificate certificate = Certificate.getInstance(der);
        return authorities.all().stream()
                .filter(authority -> Certificate.getInstance(authority.certificate())
                        .getSubject()
                        .equals(certificate.getIssuer()))
                .findFirst();
    }

    private static ProblemException neverIssued(Fingerprint id, Optional<Authority> claimed) {
        if (claimed.isPresent()) {
            LOG.warn(
                    "a certificate that was never issued names {} as its issuer: {}",
                    claimed.get().name(),
                    id);
        }
        return new ProblemException(
                ProblemType.CERTIFICATE_NEVER_ISSUED,
                claimed.map(authority -> "it names " + authority.name() + " as its issuer, which never issued it: it is"
                                + " FORGED, or that authority's key is STOLEN; there is nothing on record to revoke, so"
                                + " treat the authority as compromised until you know better")
                        .orElse("its issuer is none of this installation's authorities; it may be another"
                                + " installation's, or forged"));
    }
}
