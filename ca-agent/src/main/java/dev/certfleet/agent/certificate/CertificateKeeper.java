package dev.certfleet.agent.certificate;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.certificate.CertificateState.Held;
import dev.certfleet.agent.certificate.CertificateState.Pending;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.publish.PairPublisher;
import dev.certfleet.agent.publish.Readers;
import dev.certfleet.agent.server.ServerClient;
import dev.certfleet.agent.server.ServerException;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.Pem;
import dev.certfleet.pki.Pkcs10;
import dev.certfleet.pki.PrivateKeys;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.wire.AssignedCertificate;
import dev.certfleet.pki.wire.CertificateRequest;
import dev.certfleet.pki.wire.IssuedCertificate;
import dev.certfleet.pki.wire.RenewalRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one certificate: each method does one step from one {@link Stage} to the next and saves where it stands, so that the
 * process can be killed between any two instructions and goes on from there. Never touches the published files before the
 * next certificate is complete and checked.
 */
public final class CertificateKeeper {
    private static final System.Logger LOG = System.getLogger("certfleet.agent.certificate");

    /**
     * What one certificate cannot know by itself.
     *
     * @param bundle PEM of the authorities that its consumers trust
     * @param online false where the server was just seen not to answer: nothing is asked of it then
     * @param freshBoot true where no component runs yet
     */
    public record Surroundings(
            ServerClient server, String cluster, Optional<String> bundle, boolean online, boolean freshBoot) {}

    private final ProfileName profile;
    private final Layout.Files files;
    private final KeeperTools tools;
    private final CertificateFolder folder;
    private AssignedCertificate wanted;
    private CertificateState state;

    public CertificateKeeper(
            ProfileName profile, Layout.Files files, Path folder, AssignedCertificate wanted, KeeperTools tools) {
        this.profile = profile;
        this.files = files;
        this.tools = tools;
        this.folder = new CertificateFolder(folder);
        this.wanted = wanted;
        this.state = this.folder.load();
        if (state.pending() == null) {
            // Killed right after a publication, a copy of the published key would stay.
            this.folder.dropNext();
        }
    }

    public ProfileName profile() {
        return profile;
    }

    public Layout.Files files() {
        return files;
    }

    public AssignedCertificate wanted() {
        return wanted;
    }

    public CertificateState state() {
        return state;
    }

    /** What the server's newest assignment says of this certificate. */
    public void want(AssignedCertificate now) {
        wanted = now;
    }

    /** Somebody wants it renewed now, or a failed step tried again now. */
    public void hurry(boolean newKey) {
        switch (state.stage()) {
            case IN_USE -> save(state.renewalDue(newKey));
            case MISSING, KEY_READY, REQUESTED, RECEIVED, PUBLISHED, RENEWAL_DUE -> save(state.withoutPause());
        }
    }

    /** Goes as far as the files being in place, or to the first step that fails. */
    public void advance(Surroundings surroundings) {
        boolean going = true;
        while (going && !pausing()) {
            going = switch (state.stage()) {
                case MISSING, RENEWAL_DUE -> attempt(this::prepareKey);
                case KEY_READY -> attempt(this::prepareRequest);
                case REQUESTED -> surroundings.online() && attempt(() -> request(surroundings));
                case RECEIVED -> attempt(this::publish);
                case PUBLISHED -> false;
                case IN_USE -> attempt(() -> look(surroundings.online() && surroundings.freshBoot()));
            };
        }
    }

    /** Runs the hooks where they are due. */
    public void settle() throws InterruptedException {
        if (state.stage() != Stage.PUBLISHED || pausing()) {
            return;
        }
        Optional<String> failure = tools.hooks().run(tools.hookSettings().of(profile));
        if (failure.isPresent()) {
            fail(failure.get());
        } else {
            save(state.inUse());
        }
    }

    /** When there is something to do again, as far as can be told now. */
    public Instant nextLook() {
        Instant retryAt = state.retryAt();
        if (retryAt != null) {
            return retryAt;
        }
        Held held = state.held();
        return state.stage() == Stage.IN_USE && held != null ? RenewalDecision.dueAt(held) : now();
    }

    /** One step; true where the next can follow at once. */
    private interface Step {
        boolean run() throws ServerException, IOException;
    }

    private boolean attempt(Step step) {
        try {
            return step.run();
        } catch (ServerException | IOException | Trouble e) {
            fail(Trouble.oneLine(e));
            return false;
        }
    }

    /** Step 1: a key for the next certificate, new or the published one. */
    private boolean prepareKey() {
        Held held = state.held();
        boolean keep = held != null
                && files.readers() == Readers.EACH_HANDSHAKE
                && !state.newKeyNext()
                && held.wanted().keyAlgorithm().equals(wanted.keyAlgorithm())
                && publishedKeys().isPresent();
        Instant keyMadeAt = keep && held != null ? held.keyMadeAt() : now();
        if (!keep) {
            folder.writeNextKey(
                    KeyPairs.encode(KeyPairs.generate(KeyAlgorithm.of(wanted.keyAlgorithm()), tools.random())));
        }
        save(state.keyReady(
                new Pending(tools.requestId(), !keep, keyMadeAt, wanted, held == null ? null : held.id(), null)));
        return true;
    }

    /** Step 2: the request, written down before it is sent, since a second signature would make it another request. */
    private boolean prepareRequest() {
        Pending pending = pending();
        Optional<KeyPair> keys = pendingKeys();
        if (keys.isEmpty()) {
            return lostKey();
        }
        KeyAlgorithm algorithm = KeyAlgorithm.of(pending.wanted().keyAlgorithm());
        // The names are the server's to know; the request carries the subject alone.
        byte[] csr =
                Pkcs10.request(keys.get(), algorithm, pending.wanted().commonName(), List.of(), List.of(), List.of());
        save(state.requested(pending.withCsr(Pem.encode(Pem.CERTIFICATE_REQUEST, csr))));
        return true;
    }

    /** Step 3: ask, check the answer, write it down. */
    private boolean request(Surroundings surroundings) throws ServerException, IOException {
        Pending pending = pending();
        String csr = pending.csr();
        Optional<KeyPair> keys = pendingKeys();
        if (csr == null || keys.isEmpty()) {
            return lostKey();
        }
        IssuedCertificate issued;
        try {
            issued = ask(surroundings, pending, csr);
        } catch (ServerException.Refused e) {
            if (e.mayPass() || e.notAuthenticated()) {
                throw e;
            }
            return refused(pending, e);
        }
        IssuedCheck.Checked checked = IssuedCheck.check(issued, keys.get().getPublic(), surroundings.bundle(), now());
        folder.writeNextCertificate(checked.pem());
        save(state.received());
        return true;
    }

    private IssuedCertificate ask(Surroundings surroundings, Pending pending, String csr) throws ServerException {
        ServerClient server = surroundings.server();
        String renewalOf = pending.renewalOf();
        if (renewalOf == null) {
            return server.issue(
                    surroundings.cluster(),
                    new CertificateRequest(profile.label(), null, csr, null),
                    pending.requestId());
        }
        return server.renew(renewalOf, new RenewalRequest(csr), pending.requestId());
    }

    /**
     * The server is of another opinion, and will be tomorrow: the next attempt is a new request. One that kept its key comes with
     * a new key, since the key may be what is refused; one that renewed what the server does not know any more, or what is not
     * this node's since it has another name, starts afresh.
     */
    private boolean refused(Pending pending, ServerException.Refused e) {
        Instant retryAt = tools.backoff().after(now(), state.failures());
        log(Trouble.oneLine(e));
        folder.dropNext();
        if (pending.renewalOf() != null && (e.status() == 403 || e.status() == 404 || e.status() == 410)) {
            save(new CertificateState(
                    CertificateState.FORMAT,
                    Stage.MISSING,
                    null,
                    null,
                    false,
                    state.failures() + 1,
                    null,
                    Trouble.oneLine(e)));
            return state.failures() < 2;
        }
        save(state.startAgain(e.breaksRules() && !pending.newKey(), retryAt, Trouble.oneLine(e)));
        return false;
    }

    /** Step 4: the files. Done again from the start where the process was killed in the middle of it. */
    private boolean publish() throws IOException {
        Pending pending = pending();
        Optional<String> certificate = folder.nextCertificate();
        Optional<KeyPair> keys = pendingKeys();
        if (certificate.isEmpty() || keys.isEmpty()) {
            return lostKey();
        }
        Optional<String> newKey =
                pending.newKey() ? Optional.of(PrivateKeys.encode(keys.get().getPrivate())) : Optional.empty();
        X509Certificate leaf = parse(certificate.get());
        PairPublisher.publish(files, certificate.get(), newKey);
        folder.writeCurrentCertificate(certificate.get());
        CertificateState published = state.published(new Held(
                Certificates.fingerprint(leaf),
                Certificates.serial(leaf),
                leaf.getNotBefore().toInstant(),
                leaf.getNotAfter().toInstant(),
                now(),
                pending.keyMadeAt(),
                pending.wanted()));
        save(tools.hookSettings().of(profile).isEmpty() ? published.inUse() : published);
        folder.dropNext();
        LOG.log(
                System.Logger.Level.INFO,
                "{0}: published {1}, serial {2}, until {3}",
                profile.label(),
                files.certificate(),
                Certificates.serial(leaf),
                leaf.getNotAfter().toInstant());
        // One a round, so that nothing the server answers can keep this loop going.
        return false;
    }

    /** Step 5, again and again: is all in place, and is it time? */
    private boolean look(boolean freshBoot) throws IOException {
        Held held = state.held();
        if (held == null) {
            save(state.lost("its state named no certificate"));
            return true;
        }
        if (!Files.exists(files.key())) {
            log(files.key() + " is gone; a new pair is made");
            save(state.lost(files.key() + " was gone"));
            return true;
        }
        if (!Files.exists(files.certificate())) {
            Optional<String> copy = folder.currentCertificate();
            if (copy.isEmpty() || publishedKeys().isEmpty()) {
                save(state.lost(files.certificate() + " was gone"));
                return true;
            }
            log(files.certificate() + " is gone; it is put back");
            PairPublisher.publish(files, copy.get(), Optional.empty());
        }
        return switch (RenewalDecision.decide(
                held, wanted, now(), freshBoot, tools.renewal().keyMaxAge())) {
            case RenewalDecision.Keep keep -> {
                if (state.problem() != null) {
                    save(state.inUse());
                }
                yield false;
            }
            case RenewalDecision.Renew(boolean newKey, String why) -> {
                LOG.log(System.Logger.Level.INFO, "{0}: renewing, {1}", profile.label(), why);
                save(state.renewalDue(newKey));
                yield true;
            }
        };
    }

    private boolean lostKey() {
        folder.dropNext();
        save(state.startAgain(true, now(), "the key of the request under way was gone"));
        return true;
    }

    private Optional<KeyPair> pendingKeys() {
        return pending().newKey() ? folder.nextKey().flatMap(KeyPairs::decode) : publishedKeys();
    }

    /** The published key, where it is there and belongs to the certificate that was published. */
    private Optional<KeyPair> publishedKeys() {
        Optional<String> certificate = folder.currentCertificate();
        if (certificate.isEmpty()) {
            return Optional.empty();
        }
        try {
            PrivateKey key = PrivateKeys.decode(Files.readString(files.key(), US_ASCII));
            PublicKey publicKey = parse(certificate.get()).getPublicKey();
            return PrivateKeys.belongTogether(key, publicKey)
                    ? Optional.of(new KeyPair(publicKey, key))
                    : Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static X509Certificate parse(String pem) throws IOException {
        try {
            return Certificates.parse(pem).getFirst();
        } catch (CertificateException e) {
            throw new IOException("not a certificate: " + Trouble.oneLine(e), e);
        }
    }

    private Pending pending() {
        @Nullable Pending pending = state.pending();
        if (pending == null) {
            throw new IllegalStateException(profile.label() + " is " + state.stage() + " with nothing pending");
        }
        return pending;
    }

    private boolean pausing() {
        Instant retryAt = state.retryAt();
        return retryAt != null && retryAt.isAfter(now());
    }

    private void fail(String why) {
        log(why);
        CertificateState failed = state.failed(tools.backoff().after(now(), state.failures()), why);
        try {
            save(failed);
        } catch (Trouble e) {
            // The state folder cannot be written: remembered in memory, and said.
            state = failed;
            log(Trouble.oneLine(e));
        }
    }

    private void save(CertificateState next) {
        folder.save(next);
        state = next;
    }

    private void log(String what) {
        LOG.log(System.Logger.Level.WARNING, "{0}: {1}", profile.label(), what);
    }

    private Instant now() {
        return tools.clock().instant();
    }
}
