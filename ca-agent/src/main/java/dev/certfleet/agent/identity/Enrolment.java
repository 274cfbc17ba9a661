package dev.certfleet.agent.identity;

import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.certificate.IssuedCheck;
import dev.certfleet.agent.certificate.KeeperTools;
import dev.certfleet.agent.certificate.KeyPairs;
import dev.certfleet.agent.server.Credential;
import dev.certfleet.agent.server.ServerClient;
import dev.certfleet.agent.server.ServerException;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.Pem;
import dev.certfleet.pki.Pkcs10;
import dev.certfleet.pki.wire.EnrolmentResponse;
import java.io.IOException;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * Turns evidence into an identity, once. Key and request are on disk before anything is sent: where the answer is lost, the same
 * request with the same id is sent again and gets the same answer, and the token is not used up for nothing.
 */
public final class Enrolment {
    private final IdentityFolder folder;
    private final ServerClient server;
    private final KeeperTools tools;

    public Enrolment(IdentityFolder folder, ServerClient server, KeeperTools tools) {
        this.folder = folder;
        this.server = server;
        this.tools = tools;
    }

    /** What the node says of itself. */
    public record Node(String name, List<String> roles, List<String> addresses) {}

    /**
     * A request that was or will be sent; without the evidence.
     *
     * @param token the evidence's digest, to notice that there is another one
     */
    record Request(
            String requestId, String token, String nodeName, List<String> roles, List<String> addresses, String csr) {}

    /**
     * @throws ServerException where the server cannot be reached or refuses; a refused request is forgotten
     * @throws IOException where the server's answer is wrong
     */
    public Identity enrol(Evidence given, Node node) throws ServerException, IOException {
        // 1. the request: the one under way, or a new one
        String digest = given.digest();
        Optional<KeyPair> underWay = folder.nextKey().flatMap(KeyPairs::decode);
        Request request = folder.request(Request.class)
                .filter(known -> digest.equals(known.token()) && underWay.isPresent())
                .orElseGet(() -> prepare(digest, node));
        KeyPair keys = folder.nextKey()
                .flatMap(KeyPairs::decode)
                .orElseThrow(() -> new IOException("the identity key that was just written cannot be read again"));

        // 2. ask
        EnrolmentResponse answer;
        try {
            answer = server.enrol(new Proofs(server).with(given, request, keys.getPublic()), request.requestId());
        } catch (ServerException.Refused e) {
            if (!e.mayPass()) {
                folder.dropRequest();
            }
            throw e;
        }

        // 3. check and store
        IssuedCheck.Checked checked = IssuedCheck.check(
                answer.certificate(),
                keys.getPublic(),
                Optional.empty(),
                tools.clock().instant());
        try {
            List<X509Certificate> chain = Certificates.parse(checked.pem());
            folder.store(
                    new IdentityFolder.Membership(
                            IdentityFolder.Membership.FORMAT, answer.cluster(), answer.nodeName(), answer.roles()),
                    new Credential(keys.getPrivate(), chain),
                    answer.installationBundle());
        } catch (CertificateException e) {
            throw new IOException("the server's answer to the enrolment is wrong: " + Trouble.oneLine(e), e);
        }
        folder.dropRequest();
        return folder.load().orElseThrow(() -> new IOException("the identity was not stored"));
    }

    private Request prepare(String digest, Node node) {
        KeyPair keys = KeyPairs.generate(KeyAlgorithm.P256, tools.random());
        folder.dropRequest();
        folder.writeNextKey(KeyPairs.encode(keys));
        byte[] csr = Pkcs10.request(keys, KeyAlgorithm.P256, node.name(), List.of(), List.of(), List.of());
        Request request = new Request(
                tools.requestId(),
                digest,
                node.name(),
                node.roles(),
                node.addresses(),
                Pem.encode(Pem.CERTIFICATE_REQUEST, csr));
        folder.writeRequest(request);
        return request;
    }
}
