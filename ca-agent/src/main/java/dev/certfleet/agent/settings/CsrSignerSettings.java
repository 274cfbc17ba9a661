package dev.certfleet.agent.settings;

/**
 * The section {@code csrSigner}.
 *
 * @param enabled false where this node leaves CertificateSigningRequests to others, whatever the cluster's policy
 */
public record CsrSignerSettings(boolean enabled) {
    static CsrSignerSettings from(Section section) {
        CsrSignerSettings settings = new CsrSignerSettings(section.flag("enabled", true));
        section.end();
        return settings;
    }
}
