package dev.certfleet.server.csr;

import dev.certfleet.server.x509.Violation;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The key usages that Kubernetes' own signers take (pkg/apis/certificates/helpers.go and pkg/controller/certificates/signer).
 * What stands in the certificate follows from the profile and the key.
 */
final class Usages {
    private static final String SIGNATURE = "digital signature";
    private static final String ENCIPHERMENT = "key encipherment";
    private static final String CLIENT = "client auth";
    private static final String SERVER = "server auth";

    private Usages() {}

    static Optional<Violation> violation(Csr csr) {
        Set<String> asked = Set.copyOf(csr.usages());
        return switch (csr.signer()) {
            case KUBELET_CLIENT -> exactly(asked, CLIENT);
            case KUBELET_SERVING -> exactly(asked, SERVER);
            case API_CLIENT, SELF_SERVICE -> clients(asked);
        };
    }

    private static Optional<Violation> exactly(Set<String> asked, String purpose) {
        boolean fits =
                asked.equals(Set.of(SIGNATURE, purpose)) || asked.equals(Set.of(SIGNATURE, ENCIPHERMENT, purpose));
        return fits
                ? Optional.empty()
                : refused("the usages have to be '" + SIGNATURE + "' and '" + purpose + "', with or without '"
                        + ENCIPHERMENT + "'");
    }

    private static Optional<Violation> clients(Set<String> asked) {
        boolean fits = asked.contains(CLIENT)
                && List.of(SIGNATURE, ENCIPHERMENT, CLIENT).containsAll(asked);
        return fits
                ? Optional.empty()
                : refused("the usages have to be '" + CLIENT + "', with or without '" + SIGNATURE + "' and '"
                        + ENCIPHERMENT + "'");
    }

    private static Optional<Violation> refused(String detail) {
        return Optional.of(new Violation("csr-usages", detail));
    }
}
