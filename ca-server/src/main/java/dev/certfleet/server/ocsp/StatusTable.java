package dev.certfleet.server.ocsp;

import dev.certfleet.server.ledger.StatusChanges;
import dev.certfleet.server.ledger.StatusRow;
import dev.certfleet.server.signing.OcspResponseData.CertStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Every certificate that is answered for, with its status as the database had it at a known moment. Readers never wait. One
 * thread writes, and says up to which moment all is in only after it is.
 */
@Component
class StatusTable implements StatusChanges.Follower {
    private static final CertStatus GOOD = new CertStatus.Good();

    private final ConcurrentLinkedQueue<KnownCertificate> changed = new ConcurrentLinkedQueue<>();
    private final Map<String, String> names = new ConcurrentHashMap<>();
    private volatile Map<SerialKey, KnownCertificate> certificates = new ConcurrentHashMap<>();
    private @Nullable Map<SerialKey, KnownCertificate> beingRead;
    private volatile @Nullable Instant asOf;

    StatusTable(StatusChanges changes) {
        changes.follow(this);
    }

    @Nullable
    KnownCertificate find(SerialKey serial) {
        return certificates.get(serial);
    }

    /**
     * What was committed until then is known. Read it before a status: what is read after it is at least as new.
     *
     * @return null before the database was read for the first time
     */
    @Nullable
    Instant asOf() {
        return asOf;
    }

    /** All, while it changes. */
    Collection<KnownCertificate> all() {
        return certificates.values();
    }

    int size() {
        return certificates.size();
    }

    /** The next of those whose status changed. */
    @Nullable
    KnownCertificate nextChanged() {
        return changed.poll();
    }

    void forget(KnownCertificate certificate) {
        certificates.remove(certificate, certificate);
    }

    @Override
    public void restart() {
        beingRead = new ConcurrentHashMap<>(Math.max(64, certificates.size() * 3 / 2));
    }

    @Override
    public void recorded(StatusRow row) {
        Map<SerialKey, KnownCertificate> reading = beingRead;
        SerialKey serial = new SerialKey(row.serialHigh(), row.serialLow());
        KnownCertificate known = certificates.get(serial);
        CertStatus status = status(row);
        if (known == null || !known.authority().equals(row.authority()) || known.notAfter() != row.notAfter()) {
            known = new KnownCertificate(
                    row.serialHigh(), row.serialLow(), name(row.authority()), row.notAfter(), status);
        } else if (!known.status().equals(status)) {
            known.become(status);
            changed.add(known);
        }
        (reading == null ? certificates : reading).put(known, known);
    }

    @Override
    public void gone(long serialHigh, long serialLow) {
        certificates.remove(new SerialKey(serialHigh, serialLow));
    }

    @Override
    public void caughtUp(Instant moment) {
        if (beingRead != null) {
            certificates = Objects.requireNonNull(beingRead);
            beingRead = null;
        }
        asOf = moment;
    }

    @Override
    public Duration archive() {
        return OcspResponder.ARCHIVE;
    }

    /** One object for each authority's name, and not one for each certificate. */
    private String name(String authority) {
        return names.computeIfAbsent(authority, name -> name);
    }

    private static CertStatus status(StatusRow row) {
        StatusRow.Revoked revoked = row.revocation();
        return revoked == null
                ? GOOD
                : new CertStatus.Revoked(revoked.at(), revoked.reason(), revoked.invalidityDate());
    }
}
