package dev.certfleet.agent.etcd;

import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.etcd.CrlRefused.Reason;
import dev.certfleet.pki.crl.RevocationList;
import dev.certfleet.pki.der.DerException;
import dev.certfleet.pki.der.DerReader;
import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides whether a file that came over plain HTTP may become the CRL that etcd reads. etcd checks nothing of it but that Go
 * can read it, and where Go cannot, etcd refuses everybody; so everything is checked here (docs/adr/0017).
 *
 * @param authorities what the node's etcd bundle holds
 * @param url where the file came from
 * @param published the CRL that is published now; empty before the first
 */
record CrlCheck(List<X509Certificate> authorities, String url, Optional<RevocationList> published) {
    /** etcd reads and parses the whole file at each new connection; this is some 200,000 entries. */
    static final int MAX_SIZE = 8 << 20;

    /** By how much the clocks of node and server may differ: what certificates are backdated by. */
    static final Duration TOLERANCE = Duration.ofMinutes(5);

    private static final int KEY_CERT_SIGN = 5;
    private static final int CRL_SIGN = 6;
    private static final String SUBJECT_KEY_IDENTIFIER = "2.5.29.14";

    /** @throws CrlRefused saying what is wrong with it */
    RevocationList check(byte[] file, Instant now) throws CrlRefused {
        RevocationList list = read(file);
        X509Certificate issuer = issuer(list);
        checkTimes(list, now);
        checkScope(list, issuer);
        if (list.number().isEmpty()) {
            throw new CrlRefused(Reason.UNREADABLE, "it has no CRL number (RFC 5280 section 5.2.3)");
        }
        if (published.isPresent() && !Arrays.equals(published.get().encoded(), list.encoded())) {
            checkSuccession(list, published.get(), now);
        }
        return list;
    }

    private static RevocationList read(byte[] file) throws CrlRefused {
        if (file.length > MAX_SIZE) {
            throw new CrlRefused(Reason.TOO_LARGE, "it is larger than " + MAX_SIZE + " octets");
        }
        if (file.length == 0) {
            throw new CrlRefused(Reason.UNREADABLE, "it is empty");
        }
        try {
            return RevocationList.parse(file, MAX_SIZE);
        } catch (DerException e) {
            String hint = file[0] == '-' ? " (it looks like PEM)" : file[0] == '<' ? " (it looks like HTML)" : "";
            throw new CrlRefused(Reason.UNREADABLE, "it is no CRL in DER" + hint + ": " + Trouble.oneLine(e), e);
        }
    }

    /** The authority that signed it, by name, key and use of the key. */
    private X509Certificate issuer(RevocationList list) throws CrlRefused {
        boolean named = false;
        for (X509Certificate authority : authorities) {
            if (!Arrays.equals(authority.getSubjectX500Principal().getEncoded(), list.issuer())) {
                continue;
            }
            named = true;
            if (maySign(authority) && isNamedKey(list, authority) && list.isSignedBy(authority.getPublicKey())) {
                return authority;
            }
        }
        throw named
                ? new CrlRefused(Reason.BAD_SIGNATURE, "its signature is not that of the authority that it names")
                : new CrlRefused(Reason.OTHER_ISSUER, "its issuer is no authority of etcd's bundle");
    }

    /** True where an authority of the bundle signed it. */
    boolean isGenuine(RevocationList list) {
        try {
            issuer(list);
            return true;
        } catch (CrlRefused e) {
            return false;
        }
    }

    /** RFC 5280 section 6.3.3 (f), but that kubeadm's CAs do without cRLSign; etcd looks at neither. */
    private static boolean maySign(X509Certificate authority) {
        boolean[] usage = authority.getKeyUsage();
        return usage == null || usage[CRL_SIGN] || usage[KEY_CERT_SIGN];
    }

    private static boolean isNamedKey(RevocationList list, X509Certificate authority) {
        byte[] extension = authority.getExtensionValue(SUBJECT_KEY_IDENTIFIER);
        if (extension == null || list.authorityKeyId().isEmpty()) {
            return true;
        }
        try {
            byte[] own = DerReader.of(DerReader.of(extension).octetString()).octetString();
            return Arrays.equals(own, list.authorityKeyId().get());
        } catch (DerException e) {
            return false;
        }
    }

    private static void checkTimes(RevocationList list, Instant now) throws CrlRefused {
        if (list.thisUpdate().isAfter(now.plus(TOLERANCE))) {
            throw new CrlRefused(Reason.NOT_YET_VALID, "it is of " + list.thisUpdate() + ", but here it is " + now);
        }
        if (list.nextUpdate().isEmpty()) {
            throw new CrlRefused(Reason.UNREADABLE, "it does not say when it ends (RFC 5280 section 5.1.2.5)");
        }
        if (!list.nextUpdate().get().isAfter(now)) {
            throw new CrlRefused(
                    Reason.RAN_OUT, "it ran out at " + list.nextUpdate().get() + ", and here it is " + now);
        }
    }

    /** It has to speak for every authority that etcd trusts, or a revoked certificate of the others would pass. */
    private void checkScope(RevocationList list, X509Certificate issuer) throws CrlRefused {
        Set<String> points = list.scope().distributionPoints();
        if (!points.isEmpty() && !points.contains(url)) {
            throw new CrlRefused(Reason.PART_ONLY, "it is the CRL of another distribution point than " + url);
        }
        boolean isOnlyOne = authorities.stream()
                .allMatch(authority -> authority.getSubjectX500Principal().equals(issuer.getSubjectX500Principal())
                        && authority.getPublicKey().equals(issuer.getPublicKey()));
        if (!list.scope().indirect() && !isOnlyOne) {
            throw new CrlRefused(
                    Reason.PART_ONLY,
                    "it speaks for its issuer alone, but etcd trusts " + authorities.size() + " authorities");
        }
    }

    /**
     * A CRL follows another where its number is higher and it is not older. Where servers' clocks differ, it may be a little
     * older; where the numbers began anew, because the server's database was restored or another authority signs, it has to be
     * younger by its own signed time. Both have to list all that is listed now: what was revoked stays revoked, until the CRL
     * that said so has run out.
     */
    private static void checkSuccession(RevocationList next, RevocationList last, Instant now) throws CrlRefused {
        BigInteger number = next.number().orElseThrow();
        BigInteger before = last.number().orElse(BigInteger.ZERO);
        boolean follows = Arrays.equals(next.issuer(), last.issuer()) && number.compareTo(before) > 0;
        if (follows && !next.thisUpdate().isBefore(last.thisUpdate())) {
            return;
        }
        String which = "number " + number + " of " + next.thisUpdate() + ", published is " + before + " of "
                + last.thisUpdate();
        boolean older = follows
                ? next.thisUpdate().isBefore(last.thisUpdate().minus(TOLERANCE))
                : !next.thisUpdate().isAfter(last.thisUpdate());
        if (older) {
            throw new CrlRefused(Reason.OLDER, "it is older than the published one: " + which);
        }
        Set<BigInteger> lost = new HashSet<>(last.serials());
        lost.removeAll(next.serials());
        Instant until = last.nextUpdate().orElse(last.thisUpdate());
        if (!lost.isEmpty() && until.isAfter(now)) {
            throw new CrlRefused(
                    Reason.OLDER,
                    "it follows no CRL that is known here (" + which + ") and lacks " + lost.size()
                            + " revocations, which stay in force here until " + until);
        }
    }
}
