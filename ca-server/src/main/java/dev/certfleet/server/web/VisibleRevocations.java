package dev.certfleet.server.web;

import dev.certfleet.server.access.Caller;
import dev.certfleet.server.ledger.RevocationRecord;
import dev.certfleet.server.ledger.Revocations;
import java.util.Optional;
import java.util.UUID;
import org.springframework.stereotype.Component;

/** Finds revocations for a caller; one that they have no grant for is refused like one that does not exist. */
@Component
class VisibleRevocations {
    private final Revocations revocations;

    VisibleRevocations(Revocations revocations) {
        this.revocations = revocations;
    }

    RevocationRecord find(Caller caller, UUID id, boolean toChange) {
        Optional<RevocationRecord> found = revocations.find(id);
        String cluster = found.map(RevocationRecord::cluster).orElse(null);
        boolean everything = toChange ? caller.mayAdministerInstallation() : caller.mayReadInstallation();
        boolean granted = cluster != null && (toChange ? caller.mayAdminister(cluster) : caller.mayRead(cluster));
        if (!everything && !granted) {
            throw May.refused();
        }
        return found.orElseThrow(() -> ProblemException.notFound("revocation with this id"));
    }
}
