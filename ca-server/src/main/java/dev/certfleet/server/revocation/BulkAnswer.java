package dev.certfleet.server.revocation;

import java.util.List;

/**
 * What a confirmed call did.
 *
 * @param revocations one for each certificate, by serial
 * @param keysBlocked how many public keys it blocked that were not blocked before
 * @param tokensWithdrawn how many enrolment tokens it withdrew
 * @param authoritiesWithdrawn names of the authorities that left the trust bundles for it
 */
public record BulkAnswer(
        List<Revoked> revocations, int keysBlocked, int tokensWithdrawn, List<String> authoritiesWithdrawn) {

    /**
     * @param revocation the revocation's id
     * @param certificate the certificate's fingerprint
     * @param serial its serial
     */
    public record Revoked(String revocation, String certificate, String serial) {}

    static BulkAnswer of(RevokeTogether.Result result, int keysBlocked, int tokensWithdrawn) {
        return new BulkAnswer(
                result.revocations().stream()
                        .map(revocation -> new Revoked(
                                revocation.id().toString(),
                                revocation.certificate().hex(),
                                revocation.serial().hex()))
                        .toList(),
                keysBlocked,
                tokensWithdrawn,
                result.authoritiesWithdrawn());
    }
}
