package dev.certfleet.agent;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.ComebackProof;
import dev.certfleet.pki.wire.ComebackChallenge;
import dev.certfleet.pki.wire.ComebackChallengeRequest;
import dev.certfleet.pki.wire.ComebackRequest;
import dev.certfleet.pki.wire.Problem;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The stand-in server's part in a comeback: challenges that hold once, and signatures that are really checked. */
final class Comebacks {
    private final Map<String, String> given = new HashMap<>();
    /** By CSR, what was answered. */
    final Map<String, String> answered = new HashMap<>();

    FakeServer.Answer challenge(ComebackChallengeRequest request, Instant now) {
        String challenge = "challenge-" + given.size() + "-" + request.identity();
        given.put(challenge, request.identity());
        return FakeServer.json(
                200, new ComebackChallenge(challenge, now.plusSeconds(120).toString(), now.toString()));
    }

    /** Null where challenge and signature are good. */
    FakeServer.@Nullable Answer refusal(
            ComebackRequest request, @Nullable X509Certificate identity, X509Certificate shown) {
        if (!request.identity().equals(given.replace(request.challenge(), "used"))) {
            return FakeServer.problem(403, "challenge-refused", "not given for this identity, or used");
        }
        ComebackProof proof =
                new ComebackProof(request.server(), request.identity(), request.challenge(), request.csr());
        if (identity == null || !proof.isSigned(request.signature(), identity.getPublicKey())) {
            return refused("not-proven");
        }
        return request.server().equals(Certificates.fingerprint(shown)) ? null : refused("unknown-server");
    }

    static FakeServer.Answer refused(String rule) {
        return FakeServer.json(
                403,
                new Problem(
                        "urn:certfleet:problem:comeback-refused",
                        "The identity does not bring the node back",
                        403,
                        rule,
                        List.of(new Problem.Violation(rule, rule))));
    }
}
