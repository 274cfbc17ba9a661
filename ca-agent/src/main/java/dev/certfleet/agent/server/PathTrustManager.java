package dev.certfleet.agent.server;

import dev.certfleet.agent.net.ClientTrustManager;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Takes a server by path validation (RFC 5280 section 6) from anchors that have not expired, at the time of the agent's clock.
 * The JDK does the path and the host name; that an anchor has expired it does not mind, and which clock is wrong it does not say.
 */
final class PathTrustManager extends ClientTrustManager {
    /** Certificates between a leaf and its anchor: as many successions as a node may have missed. */
    private static final int LONGEST_PATH = 10;

    private final Anchors anchors;
    private final Clock clock;

    PathTrustManager(Anchors anchors, Clock clock) {
        this.anchors = anchors;
        this.clock = clock;
    }

    /** Which certificates are trusted, knowing what the server presents. */
    interface Anchors {
        Set<X509Certificate> of(X509Certificate[] chain) throws CertificateException;
    }

    private interface Check {
        void by(X509ExtendedTrustManager pkix) throws CertificateException;
    }

    /** @param now null for the JDK's own time */
    static X509ExtendedTrustManager pkix(Collection<X509Certificate> anchors, @Nullable Instant now) {
        try {
            PKIXBuilderParameters parameters = new PKIXBuilderParameters(
                    anchors.stream()
                            .map(anchor -> new TrustAnchor(anchor, null))
                            .collect(Collectors.toSet()),
                    new X509CertSelector());
            parameters.setRevocationEnabled(false);
            parameters.setMaxPathLength(LONGEST_PATH);
            parameters.setDate(now == null ? null : Date.from(now));
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(new CertPathTrustManagerParameters(parameters));
            return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK cannot make a PKIX trust manager", e);
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain, pkix -> pkix.checkServerTrusted(chain, authType, socket));
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain, pkix -> pkix.checkServerTrusted(chain, authType, engine));
    }

    private void check(X509Certificate[] chain, Check check) throws CertificateException {
        Instant now = clock.instant();
        Set<X509Certificate> trusted = anchors.of(chain);
        List<X509Certificate> inDate = trusted.stream()
                .filter(anchor -> now.isBefore(anchor.getNotAfter().toInstant()))
                .toList();
        if (inDate.isEmpty()) {
            throw new CertificateException(
                    ended(trusted, now)
                            + ": set this node's clock right if it is wrong; else have the server allow a reinstall and enrol again");
        }
        try {
            check.by(pkix(inDate, now));
        } catch (CertificateException e) {
            Optional<String> time = outOfDate(isOfTime(e) ? chain : Arrays.copyOf(chain, 1), now);
            if (time.isPresent()) {
                throw new ServerTrust.WrongTime(time.get(), e);
            }
            throw inDate.size() == trusted.size()
                    ? e
                    : new CertificateException(e.getMessage() + "; " + ended(trusted, now), e);
        }
    }

    private static String ended(Set<X509Certificate> anchors, Instant now) {
        return anchors.stream()
                .filter(anchor -> !now.isBefore(anchor.getNotAfter().toInstant()))
                .max(Comparator.comparing(X509Certificate::getNotAfter))
                .map(anchor -> "the authority that this node knows its server by, " + anchor.getSubjectX500Principal()
                        + ", ended on " + anchor.getNotAfter().toInstant())
                .orElse("this node knows no authority of its server");
    }

    private static boolean isOfTime(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateExpiredException || cause instanceof CertificateNotYetValidException) {
                return true;
            }
        }
        return false;
    }

    private static Optional<String> outOfDate(X509Certificate[] chain, Instant now) {
        String clock = "this node's clock says " + now.truncatedTo(ChronoUnit.SECONDS);
        return Arrays.stream(chain)
                .flatMap(certificate -> {
                    Instant begins = certificate.getNotBefore().toInstant();
                    Instant ends = certificate.getNotAfter().toInstant();
                    String name = certificate.getSubjectX500Principal().toString();
                    if (now.isBefore(begins)) {
                        return Stream.of(clock + ", and the server's certificate " + name + " begins on " + begins
                                + ": is this node's clock behind?");
                    }
                    return now.isAfter(ends)
                            ? Stream.of(clock + ", and the server's certificate " + name + " ended on " + ends
                                    + ": is this node's clock ahead?")
                            : Stream.<String>empty();
                })
                .findFirst();
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw new CertificateException("a connection without a host name cannot be checked");
    }
}
