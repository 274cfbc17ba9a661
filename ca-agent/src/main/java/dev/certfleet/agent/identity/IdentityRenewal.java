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
import dev.certfleet.pki.wire.IssuedCertificate;
import dev.certfleet.pki.wire.RenewalRequest;
import java.io.IOException;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.util.List;
import java.util.Optional;

/**
 * The node's identity is renewed in two phases: the new one is fetched and stored, then proven by a call; only then is the old
 * one dropped. The server takes the old one until it has seen the new one.
 */
public final class IdentityRenewal {
    private final IdentityFolder folder;
    private final KeeperTools tools;

    public IdentityRenewal(IdentityFolder folder, KeeperTools tools) {
        this.folder = folder;
        this.tools = tools;
    }

    /**
     * @param of the id of the identity that is renewed
     */
    record Request(String requestId, String of, String csr) {}

    /** True where a renewal was begun and not ended, which has to go on at once: the server may know the new one already. */
    public boolean underWay() {
        try {
            return folder.next().isPresent();
        } catch (Trouble e) {
            // The TPM does not open it now: renew() says so, and is tried again
            return true;
        }
    }

    /**
     * @param server with the present identity
     * @param demand the time before which the server wants identities renewed, as it says it; empty where it does not
     * @return the renewed identity, proven and stored
     */
    public Identity renew(Identity present, ServerClient server, String demand) throws ServerException, IOException {
        Optional<Credential> fetched = folder.next();
        Credential next = fetched.isPresent() ? fetched.get() : fetch(present, server);
        prove(present, next, server);
        folder.storeAnsweredDemand(demand);
        folder.promoteNext();
        folder.dropRequest();
        return present.with(next);
    }

    /** Phase 1: with the present identity, for a new key. */
    private Credential fetch(Identity present, ServerClient server) throws ServerException, IOException {
        Optional<KeyPair> underWay = folder.nextKey().flatMap(KeyPairs::decode);
        Request request = folder.request(Request.class)
                .filter(known -> present.id().equals(known.of()) && underWay.isPresent())
                .orElseGet(() -> prepare(present));
        KeyPair keys = folder.nextKey()
                .flatMap(KeyPairs::decode)
                .orElseThrow(() -> new IOException("the identity key that was just written cannot be read again"));
        IssuedCertificate issued;
        try {
            issued = server.renew(present.id(), new RenewalRequest(request.csr()), request.requestId());
        } catch (ServerException.Refused e) {
            if (!e.mayPass() && !e.notAuthenticated()) {
                folder.dropRequest();
            }
            throw e;
        }
        IssuedCheck.Checked checked = IssuedCheck.check(
                issued, keys.getPublic(), Optional.empty(), tools.clock().instant());
        try {
            Credential next = new Credential(keys.getPrivate(), Certificates.parse(checked.pem()));
            folder.storeNext(next);
            return next;
        } catch (CertificateException e) {
            throw new IOException("the renewed identity is wrong: " + Trouble.oneLine(e), e);
        }
    }

    /** Phase 2: the first call with the new identity. */
    private void prove(Identity present, Credential next, ServerClient server) throws ServerException {
        try {
            server.with(present.authorities(), next).assignment();
        } catch (ServerException.Refused e) {
            if (e.notAuthenticated()) {
                // The server does not know it, for whatever reason; the present one is still there.
                folder.dropRequest();
            }
            throw e;
        }
    }

    private Request prepare(Identity present) {
        KeyPair keys = KeyPairs.generate(KeyAlgorithm.P256, tools.random());
        folder.dropRequest();
        folder.writeNextKey(KeyPairs.encode(keys));
        byte[] csr = Pkcs10.request(keys, KeyAlgorithm.P256, present.nodeName(), List.of(), List.of(), List.of());
        Request request = new Request(tools.requestId(), present.id(), Pem.encode(Pem.CERTIFICATE_REQUEST, csr));
        folder.writeRequest(request);
        return request;
    }
}
