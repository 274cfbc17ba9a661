package dev.certfleet.agent.certificate;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.certificate.CertificateState.Held;
import dev.certfleet.agent.certificate.CertificateState.Pending;
import dev.certfleet.agent.component.Component;
import dev.certfleet.agent.component.Finding;
import dev.certfleet.agent.component.Places;
import dev.certfleet.agent.component.Proof;
import dev.certfleet.agent.component.Prover;
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
import java.time.DateTimeException;
import java.time.Duration;
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
    private static final Duration TOLD_FOR = Duration.ofMinutes(10);

    /**
     * What one certificate cannot know by itself.
     *
     * @param bundle PEM of the authorities that its consumers trust
     * @param online false where the server was just seen not to answer: nothing is asked of it then
     * @param freshBoot true where no component runs yet
     * @param skew this node's clock minus the server's; empty where it is not known
     */
    public record Surroundings(
            ServerClient server,
            String cluster,
            Optional<String> bundle,
            boolean online,
            boolean freshBoot,
            Optional<Duration> skew) {}

    private final ProfileName profile;
    private final Layout.Files files;
    private final KeeperTools tools;
    private final CertificateFolder folder;
    private final OwnFiles own;
    private final LastGood lastGood;
    private final ProofWatch watch = new ProofWatch();
    private AssignedCertificate wanted;
    private CertificateState state;
    private Optional<String> bundle = Optional.empty();
    private boolean isCopyWhole;
    private @Nullable String note;
    private Instant noteUntil = Instant.MIN;
    private boolean startedAfresh;

    public CertificateKeeper(
            ProfileName profile, Layout.Files files, Path folder, AssignedCertificate wanted, KeeperTools tools) {
        this.profile = profile;
        this.files = files;
        this.tools = tools;
        this.folder = new CertificateFolder(folder);
        this.own = new OwnFiles(files);
        this.lastGood = new LastGood(this.folder, files);
        this.wanted = wanted;
        this.state = this.folder.load();
        if (state.pending() == null) {
            // Killed right after a publication, a copy of the published key would stay.
            this.folder.dropNext();
        }
        if (state.last() == null) {
            this.folder.dropLast();
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

    /** What keeps it from going on, or what was put right a short time ago; null where there is nothing to tell. */
    public @Nullable String problem() {
        return state.problem() == null && now().isBefore(noteUntil) ? note : state.problem();
    }

    /** The component that has to run before it can be seen to use the certificate. */
    public Optional<Component> waitingFor() {
        return isUnproven() ? watch.waitingFor() : Optional.empty();
    }

    /** What the server's newest assignment says of this certificate. */
    public void want(AssignedCertificate now) {
        if (state.rollbacks() > 0 && state.stage() == Stage.RENEWAL_DUE && !now.equals(wanted)) {
            // What the components refused may have been just that.
            state = state.withoutPause();
        }
        wanted = now;
    }

    /** Somebody wants it renewed now, or a failed step tried again now. */
    public void hurry(boolean newKey) {
        switch (state.stage()) {
            case IN_USE, PROVING -> save(state.renewalDue(newKey));
            case MISSING, KEY_READY, REQUESTED, RECEIVED, PUBLISHED, ROLLING_BACK, RENEWAL_DUE ->
                save(state.withoutPause());
        }
    }

    /** Goes as far as the files being in place, or to the first step that fails. */
    public void advance(Surroundings surroundings) {
        bundle = surroundings.bundle();
        repairCopy();
        boolean going = true;
        while (going && !pausing()) {
            going = switch (state.stage()) {
                case MISSING, RENEWAL_DUE -> attempt(this::prepareKey);
                case KEY_READY -> attempt(this::prepareRequest);
                case REQUESTED -> surroundings.online() && attempt(() -> request(surroundings));
                case RECEIVED -> attempt(this::publish);
                case PUBLISHED -> false;
                case ROLLING_BACK -> attempt(this::rollBack);
                case PROVING, IN_USE -> attempt(() -> look(surroundings.online() && surroundings.freshBoot()));
            };
        }
    }

    /** Runs the hooks where they are due. */
    public void settle() throws InterruptedException {
        boolean isPlaced = state.stage() == Stage.PUBLISHED || state.stage() == Stage.ROLLING_BACK;
        if (!isPlaced || pausing()) {
            return;
        }
        Optional<String> failure = tools.hooks().run(tools.hookSettings().of(profile));
        if (failure.isPresent()) {
            fail(failure.get(), Duration.ZERO);
        } else if (state.stage() == Stage.ROLLING_BACK) {
            save(state.rolledBack(tools.afterRollback(state.rollbacks())));
            folder.dropLast();
        } else {
            save(afterHooks(state));
        }
    }

    private CertificateState afterHooks(CertificateState published) {
        return tools.proves(profile) ? published.proving() : published.inUse();
    }

    /** True where a component is to be looked at now: whether it uses what is published. */
    public boolean wantsProof() {
        return isUnproven() && !pausing() && !now().isBefore(watch.next());
    }

    private boolean isUnproven() {
        Held held = state.held();
        boolean isPlaced = state.stage() == Stage.PROVING || state.stage() == Stage.IN_USE;
        return isPlaced && held != null && held.proof() == null && tools.proves(profile);
    }

    /** Looks, changing nothing; may be called on any thread while nothing else is. */
    public Finding look(Prover prover, Places places) {
        try {
            Optional<String> foreign = own.foreign(folder.currentCertificate());
            return foreign.isPresent() ? new Finding.Unclear(foreign.get()) : prover.look(profile, files, places);
        } catch (IOException e) {
            return new Finding.Unclear(Trouble.oneLine(e));
        }
    }

    /** Takes note of what was seen; a pair that no component takes is taken back in the next round. */
    public void found(Finding finding) {
        attempt(() -> {
            switch (finding) {
                case Finding.Proven(Proof proof) -> {
                    watch.restart();
                    save(state.proven(proof));
                    folder.dropLast();
                    LOG.log(System.Logger.Level.INFO, "{0}: {1}", profile.label(), proof.label());
                }
                case Finding.NotRunning(Component component) -> {
                    watch.notRunning(component, now(), tools.renewal().pollInterval());
                    if (state.stage() == Stage.PROVING) {
                        save(state.inUse());
                    }
                }
                case Finding.Unclear(String what) -> seenInVain(what, false);
                case Finding.Refused(String what) -> seenInVain(what, true);
            }
            return true;
        });
    }

    private void seenInVain(String what, boolean refused) {
        if (state.stage() == Stage.IN_USE) {
            save(state.proving());
        }
        Duration within = tools.components().proveWithin();
        if (!watch.inVain(now(), within)) {
            return;
        }
        Held held = state.held();
        Held last = state.last();
        String serial = held == null ? "" : held.serial();
        String after = within.toSeconds() + " s after serial " + serial + " was published, " + what;
        if (refused && last != null && lastGood.isUsable(last, bundle, now())) {
            log(after + "; going back to serial " + last.serial());
            save(state.rollingBack(after + "; serial " + last.serial() + " is in place again"));
        } else if (!after.equals(state.problem())) {
            log(after);
            save(state.told(after));
        }
    }

    /** The last good pair, where the published one was. Done again from the start where the process was killed in between. */
    private boolean rollBack() throws IOException {
        lastGood.putBack();
        return false;
    }

    /** When there is something to do again, as far as can be told now. */
    public Instant nextLook() {
        Instant retryAt = state.retryAt();
        if (retryAt != null) {
            return pausing() ? retryAt : now();
        }
        Held held = state.held();
        if (state.stage() == Stage.IN_USE && held != null) {
            Instant due = RenewalDecision.dueAt(held);
            return isUnproven() && watch.next().isBefore(due) ? watch.next() : due;
        }
        return state.stage() == Stage.PROVING ? watch.next() : now();
    }

    /** The same where the server does not answer: when there is something to do that does not need it. */
    public Optional<Instant> nextLookWithoutServer() {
        return switch (state.stage()) {
            case RECEIVED, PUBLISHED, PROVING, ROLLING_BACK -> Optional.of(nextLook());
            case IN_USE -> isUnproven() ? Optional.of(watch.next()) : Optional.empty();
            case MISSING, KEY_READY, REQUESTED, RENEWAL_DUE -> Optional.empty();
        };
    }

    /** One step; true where the next can follow at once. */
    private interface Step {
        boolean run() throws ServerException, IOException;
    }

    private boolean attempt(Step step) {
        try {
            return step.run();
        } catch (ServerException e) {
            fail(Trouble.oneLine(e), e.retryAfter());
            return false;
        } catch (IOException | Trouble e) {
            fail(Trouble.oneLine(e), Duration.ZERO);
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
        if (hasEnded(issued, surroundings)) {
            return answerHasEnded();
        }
        IssuedCheck.Checked checked = IssuedCheck.check(issued, keys.get().getPublic(), surroundings.bundle(), now());
        folder.writeNextCertificate(checked.pem());
        save(state.received(keepLast()));
        return true;
    }

    /** Copies the published pair while it is the last that was proven, before the first of its files is replaced. */
    private @Nullable Held keepLast() {
        Held held = state.held();
        if (held == null || !tools.proves(profile)) {
            return null;
        }
        if (held.proof() == null) {
            return state.last();
        }
        Optional<KeyPair> keys = publishedKeys();
        Optional<String> certificate = folder.currentCertificate();
        if (keys.isEmpty() || certificate.isEmpty()) {
            return null;
        }
        lastGood.keep(certificate.get(), keys.get());
        return held;
    }

    /** By the server's clock: with this node's alone, a wrong one would ask for one certificate after the other. */
    private boolean hasEnded(IssuedCertificate issued, Surroundings surroundings) throws IOException {
        try {
            Instant notAfter = Instant.parse(issued.notAfter());
            return surroundings
                    .skew()
                    .map(now()::minus)
                    .filter(notAfter::isBefore)
                    .isPresent();
        } catch (DateTimeException e) {
            throw new IOException("the server answered a time that is none: " + Trouble.oneLine(e), e);
        }
    }

    /** The request was answered before this node was switched off, and the certificate ended since. */
    private boolean answerHasEnded() {
        folder.dropNext();
        boolean again = startedAfresh;
        startedAfresh = true;
        Instant retryAt = again ? tools.backoff().after(now(), state.failures()) : now();
        save(state.startAgain(false, retryAt, "the answer to its request had ended"));
        return !again;
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
            save(state.forgotten(Trouble.oneLine(e)));
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
                pending.wanted(),
                null));
        watch.restart();
        save(tools.hookSettings().of(profile).isEmpty() ? afterHooks(published) : published);
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
        putRight();
        Optional<String> foreign = own.foreign(folder.currentCertificate());
        return switch (RenewalDecision.decide(
                held, wanted, now(), freshBoot, tools.renewal().keyMaxAge())) {
            case RenewalDecision.Keep keep -> {
                if (state.stage() == Stage.IN_USE && !foreign.equals(Optional.ofNullable(state.problem()))) {
                    foreign.ifPresent(this::log);
                    save(state.inUse().told(foreign.orElse(null)));
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

    /** The copy of what is published may have been damaged; nobody is to be blamed for changing the file then. */
    private void repairCopy() {
        Held held = state.held();
        if (isCopyWhole || held == null) {
            return;
        }
        isCopyWhole = true;
        try {
            String published = Files.readString(files.certificate(), US_ASCII);
            if (Certificates.fingerprint(parse(published)).equals(held.id())
                    && !folder.currentCertificate().equals(Optional.of(published))) {
                folder.writeCurrentCertificate(published);
            }
        } catch (IOException | Trouble e) {
            // There is no such file, or not ours, which the next step notices.
        }
    }

    private void putRight() throws IOException {
        List<String> done = own.putRight();
        if (!done.isEmpty()) {
            note = String.join("; ", done);
            noteUntil = now().plus(TOLD_FOR);
            log(note);
        }
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
        // Of a time when the clock was wrong where it is farther away than any pause is long.
        return retryAt != null && retryAt.isAfter(now()) && !retryAt.isAfter(now().plus(tools.longestPause()));
    }

    private void fail(String why, Duration atLeast) {
        log(why);
        CertificateState failed = state.failed(tools.backoff().after(now(), state.failures(), atLeast), why);
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
