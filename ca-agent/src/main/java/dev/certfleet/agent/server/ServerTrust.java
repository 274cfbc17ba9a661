package dev.certfleet.agent.server;

import dev.certfleet.pki.Certificates;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import javax.net.ssl.X509ExtendedTrustManager;

/** Whom the agent takes for its server. Both ways check the host name and leave the JDK's own authorities out. */
public sealed interface ServerTrust {

    /** For enrolment: one CA certificate is known by its fingerprint and nothing else. */
    record Pinned(String fingerprint) implements ServerTrust {
        @Override
        public X509ExtendedTrustManager manager(Clock clock) {
            return new PathTrustManager(this::anchorIn, clock);
        }

        private Set<X509Certificate> anchorIn(X509Certificate[] chain) throws PinMismatch {
            return Arrays.stream(chain)
                    .filter(certificate -> certificate.getBasicConstraints() >= 0)
                    .filter(certificate -> Certificates.fingerprint(certificate).equals(fingerprint))
                    .findFirst()
                    .map(Set::of)
                    .orElseThrow(() -> new PinMismatch(fingerprint, chain));
        }
    }

    /**
     * After enrolment: the authorities of the installation. A server whose authority was replaced meanwhile sends its authority's
     * certificate by the one before (RFC 4210 section 4.4), and so on, and is followed as far as that leads.
     */
    record Bundle(Set<X509Certificate> authorities) implements ServerTrust {
        public Bundle {
            authorities = Set.copyOf(authorities);
        }

        @Override
        public X509ExtendedTrustManager manager(Clock clock) {
            return new PathTrustManager(chain -> authorities, clock);
        }

        /** The same by the JDK's own time, for peers whose authorities are not old. */
        public X509ExtendedTrustManager manager() {
            return PathTrustManager.pkix(authorities, null);
        }
    }

    /** The trust manager that decides so. */
    X509ExtendedTrustManager manager(Clock clock);

    /** The server's chain lacks the pinned CA certificate. */
    final class PinMismatch extends CertificateException {
        private static final long serialVersionUID = 1L;

        PinMismatch(String fingerprint, X509Certificate[] chain) {
            super("the CA certificate pinned by sha256:" + fingerprint + " is not among those the server presents ("
                    + Arrays.stream(chain)
                            .filter(certificate -> certificate.getBasicConstraints() >= 0)
                            .map(certificate -> "sha256:" + Certificates.fingerprint(certificate))
                            .collect(Collectors.joining(", "))
                    + ")");
        }
    }

    /** By this node's clock a certificate that matters is not valid: the clock is wrong, or that certificate is. */
    final class WrongTime extends CertificateException {
        private static final long serialVersionUID = 1L;

        WrongTime(String message, CertificateException cause) {
            super(message, cause);
        }
    }
}
