package dev.certfleet.agent.identity;

import dev.certfleet.agent.server.Credential;
import dev.certfleet.agent.server.ServerTrust;
import dev.certfleet.pki.Certificates;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;

/**
 * Who this node is towards the server.
 *
 * @param roles as granted at enrolment; the assignment says what they are now
 * @param authorities whom the server's TLS certificate may chain to
 */
public record Identity(
        String cluster, String nodeName, List<String> roles, Credential credential, ServerTrust.Bundle authorities) {

    public String id() {
        return Certificates.fingerprint(credential.certificate());
    }

    public Instant notAfter() {
        return credential.certificate().getNotAfter().toInstant();
    }

    /** Two thirds into its life. */
    public Instant renewAt() {
        X509Certificate certificate = credential.certificate();
        Instant notBefore = certificate.getNotBefore().toInstant();
        return notBefore.plusMillis(Duration.between(notBefore, notAfter()).toMillis() * 2 / 3);
    }

    /** Three quarters into its life: it should have been renewed before. */
    public boolean isOverdue(Instant now) {
        Instant notBefore = credential.certificate().getNotBefore().toInstant();
        return notBefore
                .plusMillis(Duration.between(notBefore, notAfter()).toMillis() * 3 / 4)
                .isBefore(now);
    }

    /** True where the server, which says so in RFC 3339, means this identity. */
    public boolean isOlderThan(String renewBefore) {
        try {
            return !renewBefore.isEmpty()
                    && credential.certificate().getNotBefore().toInstant().isBefore(Instant.parse(renewBefore));
        } catch (DateTimeParseException e) {
            return false;
        }
    }

    public Identity with(Credential renewed) {
        return new Identity(cluster, nodeName, roles, renewed, authorities);
    }

    public Identity with(ServerTrust.Bundle changed) {
        return new Identity(cluster, nodeName, roles, credential, changed);
    }
}
