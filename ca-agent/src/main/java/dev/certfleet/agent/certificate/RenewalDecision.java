package dev.certfleet.agent.certificate;

import dev.certfleet.agent.certificate.CertificateState.Held;
import dev.certfleet.pki.wire.AssignedCertificate;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Whether a certificate is to be replaced now; decided from nothing but what is passed in. */
public sealed interface RenewalDecision {

    /** Not before this time. */
    record Keep(Instant until) implements RenewalDecision {}

    /**
     * Now.
     *
     * @param newKey true where the key has to change as well
     * @param why for people
     */
    record Renew(boolean newKey, String why) implements RenewalDecision {}

    /**
     * @param freshBoot true where no component can be reading the pair yet, so that even a key which is read at each handshake
     *     may change
     */
    static RenewalDecision decide(
            Held held, AssignedCertificate wanted, Instant now, boolean freshBoot, Duration keyMaxAge) {
        AssignedCertificate had = held.wanted();
        if (!had.keyAlgorithm().equals(wanted.keyAlgorithm())) {
            return new Renew(true, "its key has to be " + wanted.keyAlgorithm());
        }
        if (!sameNames(had, wanted)) {
            return new Renew(false, "its names changed");
        }
        if (askedSince(held, wanted.renewBefore())) {
            return new Renew(false, "the server asks for it");
        }
        if (freshBoot && !held.keyMadeAt().plus(keyMaxAge).isAfter(now)) {
            return new Renew(
                    true,
                    "its key is " + Duration.between(held.keyMadeAt(), now).toDays() + " days old");
        }
        Instant due = dueAt(held);
        return due.isAfter(now) ? new Keep(due) : new Renew(false, "two thirds of its life are over");
    }

    /**
     * Two thirds into its life, earlier by up to a twelfth of it. The fingerprint decides how much, so that a fleet which
     * enrolled in one minute does not renew in one, and a restart changes nothing.
     */
    static Instant dueAt(Held held) {
        double spread = Long.parseLong(held.id().substring(0, 8), 16) / (double) (1L << 32);
        double fraction = 2.0 / 3 - spread / 12;
        Duration life = Duration.between(held.begin(), held.notAfter());
        return held.begin().plusMillis((long) (life.toMillis() * fraction));
    }

    /** Whether three quarters of its life are over: it should have been renewed before. */
    static boolean isOverdue(Held held, Instant now) {
        return held.begin()
                .plusMillis(Duration.between(held.begin(), held.notAfter()).toMillis() * 3 / 4)
                .isBefore(now);
    }

    private static boolean sameNames(AssignedCertificate one, AssignedCertificate other) {
        return one.commonName().equals(other.commonName())
                && set(one.dnsNames()).equals(set(other.dnsNames()))
                && set(one.addresses()).equals(set(other.addresses()));
    }

    private static Set<String> set(@Nullable List<String> names) {
        Set<String> set = new TreeSet<>();
        if (names != null) {
            names.forEach(name -> set.add(name.toLowerCase(Locale.ROOT)));
        }
        return set;
    }

    /**
     * The server asks by a point in time, and clocks differ: what counts is that it asks for another time than when this
     * certificate was requested, and that the certificate can be older than that. So no answer can be renewed in a circle.
     */
    private static boolean askedSince(Held held, @Nullable String renewBefore) {
        if (renewBefore == null || renewBefore.equals(held.wanted().renewBefore())) {
            return false;
        }
        return instant(renewBefore).map(held.notBefore()::isBefore).orElse(false);
    }

    private static Optional<Instant> instant(String text) {
        try {
            return Optional.of(Instant.parse(text));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }
}
