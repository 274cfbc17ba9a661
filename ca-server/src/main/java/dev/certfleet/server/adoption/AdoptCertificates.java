package dev.certfleet.server.adoption;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.server.adoption.Adopted.Outcome;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.authority.Cluster;
import dev.certfleet.server.ledger.Adoptions;
import dev.certfleet.server.ledger.BlockedKeys;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.Ledger;
import dev.certfleet.server.ledger.NewCertificate;
import dev.certfleet.server.recovery.DatabaseState;
import dev.certfleet.server.x509.AuthorityRules;
import dev.certfleet.server.x509.Fingerprint;
import dev.certfleet.server.x509.KeyHash;
import dev.certfleet.server.x509.Serial;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.cert.X509CertificateHolder;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/**
 * Puts certificates on record that were issued before their authority was imported. Only what the authority's key really
 * signed is taken: a certificate on record is one that was issued.
 */
@Component
public class AdoptCertificates {
    private final Authorities authorities;
    private final Ledger ledger;
    private final Adoptions adoptions;
    private final BlockedKeys blockedKeys;
    private final NameProfile nameProfile;
    private final DatabaseState databaseState;
    private final AuditLog audit;
    private final Clock clock;

    AdoptCertificates(
            Authorities authorities,
            Ledger ledger,
            Adoptions adoptions,
            BlockedKeys blockedKeys,
            NameProfile nameProfile,
            DatabaseState databaseState,
            AuditLog audit,
            Clock clock) {
        this.authorities = authorities;
        this.ledger = ledger;
        this.adoptions = adoptions;
        this.blockedKeys = blockedKeys;
        this.nameProfile = nameProfile;
        this.databaseState = databaseState;
        this.audit = audit;
        this.clock = clock;
    }

    /**
     * Records what can be; the same certificates again change nothing.
     *
     * @param dryRun only tells what would become of them
     * @return what became of each, in their order
     */
    @Transactional
    public List<Adopted> adopt(Cluster cluster, List<Found> all, boolean dryRun, String actor) {
        databaseState.requireNotBehind();
        List<Authority> imported = authorities.ofCluster(cluster.name()).stream()
                .filter(Authority::isImported)
                .toList();
        List<Adopted> adopted = new ArrayList<>();
        for (Found found : all) {
            adopted.add(adopt(cluster, imported, found, dryRun, actor));
        }
        return adopted;
    }

    private Adopted adopt(Cluster cluster, List<Authority> imported, Found found, boolean dryRun, String actor) {
        // 1. What is on record stays as it is
        Fingerprint id = Fingerprint.of(found.der());
        Optional<CertificateRecord> known =
                ledger.find(id).filter(certificate -> cluster.name().equals(certificate.cluster()));
        if (known.isPresent()) {
            return onRecord(known.get(), Outcome.KNOWN, List.of());
        }

        // 2. Whether it can be
        X509CertificateHolder certificate = AuthorityRules.read(found.der());
        if (certificate == null) {
            return refused(id, Outcome.MALFORMED, null, "", "it cannot be read as a certificate");
        }
        String subject = certificate.getSubject().toString();
        BasicConstraints constraints = BasicConstraints.fromExtensions(certificate.getExtensions());
        if (constraints != null && constraints.isCA()) {
            return refused(id, Outcome.NOT_A_LEAF, null, subject, "it is a CA; those are imported with the cluster");
        }
        Optional<Authority> issuer = imported.stream()
                .filter(one -> AuthorityRules.isSignedBy(certificate, holder(one)))
                .findFirst();
        if (issuer.isEmpty()) {
            return refused(id, Outcome.UNKNOWN_ISSUER, null, subject, "no imported authority of the cluster signed it");
        }
        Authority authority = issuer.get();
        if (certificate.getNotAfter().toInstant().isBefore(clock.instant())) {
            String end = certificate.getNotAfter().toInstant().toString();
            return refused(id, Outcome.ENDED, authority, subject, "it ended at " + end);
        }
        BigInteger number = certificate.getSerialNumber();
        if (number.signum() <= 0 || number.bitLength() > 8 * Serial.LENGTH) {
            return refused(
                    id,
                    Outcome.UNUSABLE_SERIAL,
                    authority,
                    subject,
                    "its serial is not a positive number of at most 16 octets; it cannot be revoked here: replace it");
        }
        Serial serial = new Serial(number);
        Optional<String> taken = adoptions.holderOf(serial);
        if (taken.isPresent()) {
            return refused(id, Outcome.SERIAL_COLLISION, authority, subject, collision(serial, taken.get(), authority));
        }

        // 3. What it is, and what is to be known of it
        NameProfile.Named named = nameProfile.of(cluster, authority.kind(), certificate, found);
        List<String> remarks = remarks(authority, certificate, named, found);
        NewCertificate contents = contents(cluster, authority, certificate, serial, named, actor);
        if (dryRun) {
            return new Adopted(
                    id.hex(),
                    Outcome.RECORDED,
                    authority.name(),
                    named.profile(),
                    named.node(),
                    subject,
                    remarks,
                    null);
        }

        // 4. The record
        Optional<CertificateRecord> recorded = adoptions.record(contents, found.der());
        if (recorded.isEmpty()) {
            return refused(
                    id,
                    Outcome.SERIAL_COLLISION,
                    authority,
                    subject,
                    collision(serial, adoptions.holderOf(serial).orElse("another request"), authority));
        }
        audit.append(
                actor,
                new AuditEvent.CertificateAdopted(
                        cluster.name(),
                        id.hex(),
                        serial.hex(),
                        authority.name(),
                        named.profile(),
                        named.node(),
                        subject,
                        contents.notAfter().toString()));
        return onRecord(recorded.get(), Outcome.RECORDED, remarks);
    }

    private List<String> remarks(
            Authority authority, X509CertificateHolder certificate, NameProfile.Named named, Found found) {
        List<String> remarks = new ArrayList<>();
        if (authority.kind() == AuthorityKind.KUBERNETES && NameProfile.isSystemMasters(certificate)) {
            remarks.add(Adopted.SYSTEM_MASTERS);
        }
        if (blockedKeys.find(KeyHash.of(certificate.getSubjectPublicKeyInfo())).isPresent()) {
            remarks.add(Adopted.BLOCKED_KEY);
        }
        if (!authority.canSign()) {
            remarks.add(Adopted.NO_STATUS);
        }
        if (found.profile() != null && !named.profile().equals(found.profile().label())) {
            remarks.add(Adopted.OTHER_PROFILE);
        }
        return remarks;
    }

    private static NewCertificate contents(
            Cluster cluster,
            Authority authority,
            X509CertificateHolder certificate,
            Serial serial,
            NameProfile.Named named,
            String actor) {
        try {
            byte[] der = certificate.getEncoded();
            Fingerprint id = Fingerprint.of(der);
            return new NewCertificate(
                    serial,
                    authority.name(),
                    cluster.name(),
                    named.profile(),
                    named.node(),
                    null,
                    certificate.getSubject().toString(),
                    AlternativeNames.dns(certificate),
                    AlternativeNames.addresses(certificate),
                    KeyHash.of(certificate.getSubjectPublicKeyInfo()).bytes(),
                    certificate.getNotBefore().toInstant(),
                    certificate.getNotAfter().toInstant(),
                    certificate.toASN1Structure().getTBSCertificate().getEncoded(ASN1Encoding.DER),
                    actor,
                    "adopted/" + id.hex(),
                    id.bytes());
        } catch (IOException e) {
            throw new UncheckedIOException("a certificate that was read before", e);
        }
    }

    private static X509CertificateHolder holder(Authority authority) {
        X509CertificateHolder holder = AuthorityRules.read(authority.certificate());
        if (holder == null) {
            throw new IllegalStateException("the certificate of " + authority.name() + " cannot be read any more");
        }
        return holder;
    }

    private static String collision(Serial serial, String authority, Authority own) {
        String consequence = own.kind() == AuthorityKind.ETCD
                ? "; etcd compares serials only, so revoking that one would end this one too"
                : "";
        return "the serial " + serial.value().toString(16) + " is on record of " + authority
                + " already, so it cannot be revoked here" + consequence + ": replace it";
    }

    private static Adopted onRecord(CertificateRecord certificate, Outcome outcome, List<String> remarks) {
        return new Adopted(
                certificate.id().hex(),
                outcome,
                certificate.authority(),
                certificate.profile(),
                certificate.node(),
                certificate.subject(),
                remarks,
                null);
    }

    private static Adopted refused(
            Fingerprint id, Outcome outcome, @Nullable Authority authority, String subject, String detail) {
        return new Adopted(
                id.hex(), outcome, authority == null ? null : authority.name(), null, null, subject, List.of(), detail);
    }
}
