package dev.certfleet.server.ocsp;

import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * The authorities by what CertIDs begin with. All are held in memory. When somebody asks for one that is not among them, it is
 * looked whether there are others by now, which is one row, and only then they are read again: another server may have made it.
 */
@Component
class Issuers {
    private final Authorities authorities;
    private volatile Known known = new Known(Map.of(), Map.of());
    private String read = "";

    Issuers(Authorities authorities) {
        this.authorities = authorities;
    }

    /** An issuer as one way of writing CertIDs has it. */
    record Form(KnownIssuer issuer, CertIdForm form) {}

    private record Known(Map<Long, List<Form>> byTail, Map<String, KnownIssuer> byName) {}

    /** Which authority issued the certificate and how the request writes it; null where it is none of ours, as far as known. */
    @Nullable
    Form find(CertId certId) {
        List<Form> candidates = known.byTail.get(CertId.tail(certId.beginning()));
        if (candidates != null) {
            for (Form candidate : candidates) {
                if (certId.beginsWith(candidate.issuer().beginning(candidate.form()))) {
                    return candidate;
                }
            }
        }
        return null;
    }

    @Nullable
    KnownIssuer named(String name) {
        return known.byName.get(name);
    }

    /** Reads them from the database, if there are others than at the last time. */
    synchronized void readAgain() {
        String state = authorities.state();
        if (state.equals(read)) {
            return;
        }
        Map<Long, List<Form>> byTail = new HashMap<>();
        Map<String, KnownIssuer> byName = new HashMap<>();
        for (Authority authority : authorities.all()) {
            if (!authority.canSign()) {
                continue; // nobody here can answer for it
            }
            KnownIssuer issuer = known.byName.get(authority.name());
            if (issuer == null) {
                issuer = new KnownIssuer(authority);
            }
            byName.put(issuer.name(), issuer);
            for (CertIdForm form : CertIdForm.values()) {
                byTail.computeIfAbsent(CertId.tail(issuer.beginning(form)), tail -> new ArrayList<>())
                        .add(new Form(issuer, form));
            }
        }
        known = new Known(byTail, byName);
        read = state;
    }
}
