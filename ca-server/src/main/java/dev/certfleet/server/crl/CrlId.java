package dev.certfleet.server.crl;

/**
 * Names a CRL among all of the installation.
 *
 * @param authority its issuer's name
 * @param part which of its CRLs
 */
public record CrlId(String authority, CrlPart part) {
    @Override
    public String toString() {
        return authority + " " + part.label();
    }
}
