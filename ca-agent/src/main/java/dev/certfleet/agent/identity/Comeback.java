package dev.certfleet.agent.identity;

import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.certificate.IssuedCheck;
import dev.certfleet.agent.certificate.KeeperTools;
import dev.certfleet.agent.certificate.KeyPairs;
import dev.certfleet.agent.server.Credential;
import dev.certfleet.agent.server.ServerClient;
import dev.certfleet.agent.server.ServerException;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.ComebackProof;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.Pem;
import dev.certfleet.pki.Pkcs10;
import dev.certfleet.pki.wire.ComebackChallengeRequest;
import dev.certfleet.pki.wire.ComebackRequest;
import dev.certfleet.pki.wire.IssuedCertificate;
import java.io.IOException;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Gets a new identity for one that has expired, by a signature with the expired one's key over a fresh challenge. Key and
 * request are on disk before anything is sent: where the answer is lost, the same request gets the same certificate, with
 * another challenge.
 */
final class Comeback {
    private final IdentityFolder folder;
    private final KeeperTools tools;

    Comeback(IdentityFolder folder, KeeperTools tools) {
        this.folder = folder;
        this.tools = tools;
    }

    /**
     * @param comebackOf the id of the expired identity
     */
    record Request(String comebackId, String comebackOf, String csr) {}

    /**
     * The next identity, stored as that.
     *
     * @param expired the newest that this node has
     */
    Credential from(Credential expired, String nodeName, ServerClient server) throws ServerException, IOException {
        // 1. the request: the one under way, or a new one
        String identity = Certificates.fingerprint(expired.certificate());
        Optional<Request> known = underWay(identity);
        Request request = known.orElseGet(() -> prepare(identity, nodeName));
        KeyPair keys = folder.nextKey()
                .flatMap(KeyPairs::decode)
                .orElseThrow(() -> new IOException("the identity key that was just written cannot be read again"));

        // 2. a challenge, and who gave it
        ServerClient.Challenged given = server.comebackChallenge(new ComebackChallengeRequest(identity));

        // 3. signed, and answered
        String challenge = given.challenge().challenge();
        ComebackProof proof = new ComebackProof(given.server(), identity, challenge, request.csr());
        IssuedCertificate issued;
        try {
            issued = server.comeBack(
                    new ComebackRequest(identity, challenge, given.server(), request.csr(), proof.sign(expired.key())),
                    request.comebackId());
        } catch (ServerException.Refused e) {
            if (!e.mayPass() && !e.isOf("challenge-refused")) {
                folder.dropPreparedRequest();
            }
            throw e;
        }

        // 4. checked and stored; an answer that was lost before the node was off again may have ended since
        if (known.isPresent() && hasEnded(issued, given.challenge().serverTime())) {
            folder.dropPreparedRequest();
            return from(expired, nodeName, server);
        }
        IssuedCheck.Checked checked = IssuedCheck.check(
                issued, keys.getPublic(), Optional.empty(), tools.clock().instant());
        try {
            Credential next = new Credential(keys.getPrivate(), Certificates.parse(checked.pem()));
            folder.storeNext(next);
            return next;
        } catch (CertificateException e) {
            throw new IOException("the new identity is wrong: " + Trouble.oneLine(e), e);
        }
    }

    /** Whether a comeback by this identity was begun, which may have been answered. */
    boolean isUnderWay(String identity) {
        return underWay(identity).isPresent();
    }

    private Optional<Request> underWay(String identity) {
        return folder.nextKey()
                .flatMap(KeyPairs::decode)
                .flatMap(_ -> folder.request(Request.class))
                .filter(request -> identity.equals(request.comebackOf()));
    }

    private Request prepare(String identity, String nodeName) {
        KeyPair keys = KeyPairs.generate(KeyAlgorithm.P256, tools.random());
        folder.dropPreparedRequest();
        folder.writeNextKey(KeyPairs.encode(keys));
        byte[] csr = Pkcs10.request(keys, KeyAlgorithm.P256, nodeName, List.of(), List.of(), List.of());
        Request request = new Request(tools.requestId(), identity, Pem.encode(Pem.CERTIFICATE_REQUEST, csr));
        folder.writeRequest(request);
        return request;
    }

    /** By the server's own clock. */
    private static boolean hasEnded(IssuedCertificate issued, String serverTime) throws IOException {
        try {
            return Instant.parse(issued.notAfter()).isBefore(Instant.parse(serverTime));
        } catch (DateTimeException e) {
            throw new IOException("the server's answer names a time that is none: " + Trouble.oneLine(e), e);
        }
    }
}
