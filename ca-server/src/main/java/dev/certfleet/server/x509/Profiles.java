package dev.certfleet.server.x509;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.ProfileName;
import java.security.Provider;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns (profile, holder, request) into the contents of a certificate, or into all the violations at once. Names come from the
 * profile and from what is on record of the holder; of the request only the key is taken.
 *
 * <p>Rules besides those of {@link RequestRules}, {@link KeyRules} and {@link SignatureCheck}: {@code wrong-holder}, {@code
 * role-not-held}, {@code reserved-name}, {@code common-name-too-long}, {@code too-many-names}, {@code no-names}, {@code
 * lifetime-too-long}, {@code lifetime-too-short}, {@code authority-expired}.
 */
public final class Profiles {
    /** The shortest life of a certificate. */
    public static final Duration SHORTEST = Duration.ofMinutes(1);

    /** Violations of the key that do not stand in the way of verifying a signature with it. */
    private static final Set<String> VERIFIABLE = Set.of("rsa-modulus", "roca", "debian-weak-key");

    private final KeyRules keyRules;
    private final Lifetimes lifetimes;
    private final SignatureCheck signatures;

    /** @param provider verifies the signatures of requests; null for the platform's own */
    public Profiles(KeyRules keyRules, @Nullable Provider provider) {
        this(keyRules, Lifetimes.DEFAULT, provider);
    }

    /** @param provider verifies the signatures of requests; null for the platform's own */
    public Profiles(KeyRules keyRules, Lifetimes lifetimes, @Nullable Provider provider) {
        this.keyRules = keyRules;
        this.lifetimes = lifetimes;
        this.signatures = new SignatureCheck(provider);
    }

    /** The longest life of a certificate of the given profile, which is also what a request gets that asks for none. */
    public Duration lifetime(ProfileName profile) {
        return lifetimes.of(profile);
    }

    /** What certificates of the given profile may be presented for. */
    public Set<Purpose> purposes(ProfileName profile) {
        return Collections.unmodifiableSet(ProfileTable.of(profile).purposes());
    }

    /** The algorithms that keys for the given profile may be of. */
    public Set<KeyAlgorithm> keyAlgorithms(ProfileName profile) {
        return Collections.unmodifiableSet(ProfileTable.of(profile).keyAlgorithms());
    }

    /** The contents of a certificate for what the holder asks for, or every reason against it. */
    public Result contents(
            ProfileName profileName,
            Holder holder,
            CertificationRequest request,
            ValidityRequest validity,
            AuthorityUrls urls) {
        Profile profile = ProfileTable.of(profileName).living(lifetimes.of(profileName));
        if (!profile.fits(holder)) {
            return Violations.of(
                    "wrong-holder",
                    "a " + profileName.label() + " certificate is for a "
                            + profileName.holder().name().toLowerCase(java.util.Locale.ROOT));
        }
        List<Violation> violations = new ArrayList<>(holderRules(profile, holder));
        violations.addAll(new RequestRules(profile, holder).check(request));
        violations.addAll(lifetimeRules(profile, validity));
        List<Violation> ofKey = keyRules.check(request.key(), profile.keyAlgorithms());
        violations.addAll(ofKey);
        if (ofKey.stream().map(Violation::rule).allMatch(VERIFIABLE::contains)) {
            violations.addAll(signatures.check(request));
        }
        Optional<KeyAlgorithm> key = violations.isEmpty() ? KeyAlgorithms.of(request.key()) : Optional.empty();
        return key.<Result>map(algorithm -> leaf(profile, holder, request, algorithm, validity, urls))
                .orElseGet(() -> new Violations(violations));
    }

    /**
     * The names that {@link #contents} would put into the certificate.
     *
     * @throws IllegalArgumentException where the profile is not for such a holder
     */
    public ExpectedNames expectedNames(ProfileName profileName, Holder holder) {
        Profile profile = ProfileTable.of(profileName);
        if (!profile.fits(holder)) {
            throw new IllegalArgumentException("no " + profileName.label() + " certificate for " + holder);
        }
        SubjectAlternativeNames names = profile.names().apply(holder);
        return new ExpectedNames(profile.subject().apply(holder).commonName(), names.dnsNames(), names.addresses());
    }

    /** What stands in the way of every certificate of this profile for this holder, whatever is asked for. */
    public List<Violation> holderRules(ProfileName profileName, Holder holder) {
        Profile profile = ProfileTable.of(profileName);
        if (!profile.fits(holder)) {
            throw new IllegalArgumentException("no " + profileName.label() + " certificate for " + holder);
        }
        return holderRules(profile, holder);
    }

    private static CertificateContents leaf(
            Profile profile,
            Holder holder,
            CertificationRequest request,
            KeyAlgorithm algorithm,
            ValidityRequest validity,
            AuthorityUrls urls) {
        return new CertificateContents(
                CertificateContents.Kind.LEAF,
                profile.name(),
                profile.subject().apply(holder),
                profile.names().apply(holder),
                validity.within(profile.lifetime()),
                request.key(),
                profile.keyUses(algorithm),
                profile.purposes(),
                urls);
    }

    private static List<Violation> holderRules(Profile profile, Holder holder) {
        List<Violation> violations = new ArrayList<>();
        if (holder instanceof Holder.Node(ClusterFacts cluster, NodeFacts node)) {
            Set<?> roles = profile.name().roles();
            if (!roles.isEmpty() && Collections.disjoint(roles, node.roles())) {
                violations.add(new Violation(
                        "role-not-held",
                        "node " + node.name() + " has none of the roles that a "
                                + profile.name().label() + " certificate is for"));
            }
            for (String reserved : NodeNames.reservedOf(cluster, node)) {
                violations.add(new Violation(
                        "reserved-name", "node " + node.name() + " cannot have " + reserved + ", which is the API's"));
            }
        }
        Subject subject = profile.subject().apply(holder);
        if (subject.commonName().length() > Subject.MAX_COMMON_NAME) {
            violations.add(new Violation(
                    "common-name-too-long",
                    "the common name " + subject.commonName() + " has "
                            + subject.commonName().length() + " characters; RFC 5280 allows "
                            + Subject.MAX_COMMON_NAME));
        }
        SubjectAlternativeNames names = profile.names().apply(holder);
        if (names.dnsNames().size() + names.addresses().size() > RequestRules.MAX_NAMES) {
            violations.add(new Violation(
                    "too-many-names", "more than " + RequestRules.MAX_NAMES + " names are on record for the holder"));
        }
        if (names.isEmpty() && profile.purposes().contains(Purpose.SERVER)) {
            violations.add(new Violation("no-names", "no name is on record that the server could be reached under"));
        }
        return violations;
    }

    private static List<Violation> lifetimeRules(Profile profile, ValidityRequest validity) {
        List<Violation> violations = new ArrayList<>();
        Duration asked = validity.lifetime();
        if (asked != null && asked.compareTo(profile.lifetime()) > 0) {
            violations.add(new Violation(
                    "lifetime-too-long",
                    "a " + profile.name().label() + " certificate lives at most " + profile.lifetime() + ", not "
                            + asked));
        }
        if (asked != null && asked.compareTo(SHORTEST) < 0) {
            violations.add(
                    new Violation("lifetime-too-short", "a certificate lives at least " + SHORTEST + ", not " + asked));
        }
        Instant end = validity.authorityNotAfter();
        if (end.isBefore(validity.now().plus(SHORTEST))) {
            violations.add(new Violation("authority-expired", "the authority ends at " + end));
        }
        return violations;
    }
}
