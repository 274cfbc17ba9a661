package dev.certfleet.agent.identity;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.server.ServerClient;
import dev.certfleet.agent.server.ServerException;
import dev.certfleet.agent.tpm.Tpm;
import dev.certfleet.pki.EvidenceBinding;
import dev.certfleet.pki.wire.EnrolmentRequest;
import dev.certfleet.pki.wire.InstanceDocument;
import dev.certfleet.pki.wire.TpmChallenge;
import dev.certfleet.pki.wire.TpmChallengeRequest;
import dev.certfleet.pki.wire.TpmProof;
import java.io.IOException;
import java.security.PublicKey;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Adds its evidence to a node's request; a TPM's and a document are made anew for each try, for they do not count for long. */
final class Proofs {
    private final ServerClient server;

    Proofs(ServerClient server) {
        this.server = server;
    }

    /** @param key that is to be certified */
    EnrolmentRequest with(Evidence evidence, Enrolment.Request asked, PublicKey key) throws ServerException {
        return switch (evidence) {
            case Token token -> request(asked, token.secret(), null, null);
            case Evidence.OfTpm(String cluster, Tpm tpm) -> request(asked, null, prove(cluster, tpm, key), null);
            case Evidence.OfDocument(String cluster, DocumentSource source) ->
                request(asked, null, null, new InstanceDocument(cluster, fetch(source, key)));
        };
    }

    private static String fetch(DocumentSource source, PublicKey key) {
        try {
            return source.fetch(EvidenceBinding.nonce(key.getEncoded()));
        } catch (IOException e) {
            throw new Trouble(ExitCode.FILES, Trouble.oneLine(e), e);
        }
    }

    private static EnrolmentRequest request(
            Enrolment.Request asked,
            @Nullable String token,
            @Nullable TpmProof tpm,
            @Nullable InstanceDocument document) {
        return new EnrolmentRequest(
                token, tpm, document, asked.nodeName(), asked.roles(), asked.addresses(), asked.csr());
    }

    /** Shows the TPM's keys, opens what the server makes for them, and has the TPM speak for the identity key. */
    private TpmProof prove(String cluster, Tpm tpm, PublicKey key) throws ServerException {
        Base64.Encoder base64 = Base64.getEncoder();
        try (Tpm.Attestor attestor = tpm.attestor()) {
            TpmChallenge challenge = server.challenge(new TpmChallengeRequest(
                    cluster,
                    base64.encodeToString(attestor.endorsementKey()),
                    attestor.endorsementCertificate().orElse(null),
                    base64.encodeToString(attestor.attestationKey())));
            byte[] secret = attestor.activate(decode(challenge.credential()), decode(challenge.encryptedSecret()));
            Tpm.Quote quote = attestor.quote(EvidenceBinding.quote(challenge.challenge(), key.getEncoded()));
            return new TpmProof(
                    challenge.challenge(),
                    base64.encodeToString(secret),
                    base64.encodeToString(quote.attested()),
                    base64.encodeToString(quote.signature()));
        } catch (IOException e) {
            throw new Trouble(ExitCode.FILES, "this machine's TPM cannot prove itself: " + Trouble.oneLine(e), e);
        }
    }

    private static byte[] decode(String text) throws IOException {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new IOException("the server's challenge is not base64", e);
        }
    }
}
