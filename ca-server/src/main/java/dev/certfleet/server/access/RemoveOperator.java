package dev.certfleet.server.access;

import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.audit.AuditEvent;
import dev.certfleet.server.audit.AuditLog;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.CertificateSearch;
import dev.certfleet.server.ledger.Ledger;
import dev.certfleet.server.ledger.Revocations;
import dev.certfleet.server.x509.Serial;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Removes an operator and revokes every certificate of theirs, together. */
@Component
public class RemoveOperator {
    private static final int PAGE = 500;

    private final OperatorRepository operators;
    private final Ledger ledger;
    private final Revocations revocations;
    private final AuditLog audit;
    private final Clock clock;

    RemoveOperator(OperatorRepository operators, Ledger ledger, Revocations revocations, AuditLog audit, Clock clock) {
        this.operators = operators;
        this.ledger = ledger;
        this.revocations = revocations;
        this.audit = audit;
        this.clock = clock;
    }

    @Transactional
    public OperatorChange remove(String name, String actor) {
        // 1. All operators are locked: of two administrators who remove each other, one stays
        List<Operator> all = operators.lockAll();
        Optional<Operator> found =
                all.stream().filter(operator -> operator.name().equals(name)).findAny();
        if (found.isEmpty()) {
            return new OperatorChange.NoSuchOperator();
        }
        Operator leaving = found.get();
        if (leaving.grants().mayAdministerInstallation()
                && all.stream()
                        .filter(other -> !other.name().equals(name))
                        .noneMatch(other -> other.grants().mayAdministerInstallation())) {
            return new OperatorChange.LastAdministrator();
        }

        // 2. The operator, and all they hold
        leaving.remove(clock.instant());
        operators.saveAndFlush(leaving);
        List<CertificateRecord> held = inForce(name);
        for (CertificateRecord certificate : held) {
            revoke(certificate, actor);
        }
        audit.append(actor, new AuditEvent.OperatorRemoved(name));
        return new OperatorChange.Removed(held.size());
    }

    private void revoke(CertificateRecord certificate, String actor) {
        RevocationReason reason = RevocationReason.CESSATION_OF_OPERATION;
        if (revocations
                .revoke(certificate, reason, null, "operator removed", actor)
                .made()) {
            audit.append(
                    actor,
                    new AuditEvent.CertificateRevoked(
                            null,
                            certificate.id().hex(),
                            certificate.serial().hex(),
                            reason.label(),
                            "operator removed"));
        }
    }

    /** Good ones and those on hold: a hold could be released later. */
    private List<CertificateRecord> inForce(String name) {
        List<CertificateRecord> held = new ArrayList<>();
        for (String status : List.of("good", "held")) {
            CertificateSearch search = new CertificateSearch(null, null, name, null, null, status, null);
            @Nullable Serial after = null;
            List<CertificateRecord> page;
            do {
                page = ledger.search(search, after, PAGE);
                held.addAll(page);
                after = page.isEmpty() ? null : page.getLast().serial();
            } while (page.size() == PAGE);
        }
        return held;
    }
}
