package dev.certfleet.agent.component;

import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.certificate.Hooks;
import dev.certfleet.agent.component.BundleWatch.Stale;
import dev.certfleet.agent.component.Restart.Step;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.server.ServerException;
import dev.certfleet.agent.settings.ComponentSettings;
import dev.certfleet.pki.wire.RestartLease;
import dev.certfleet.pki.wire.RestartLeaseRequest;
import dev.certfleet.pki.wire.RestartOutcome;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Restarts components that never read a CA bundle again: one at a time, only one that is well, only on a lease of the server's,
 * and each once for a publication. Every step is on disk before it is done, so that a new process goes on with it.
 */
public final class Restarter {
    private static final System.Logger LOG = System.getLogger("certfleet.agent.restart");
    private static final Duration PAUSE = Duration.ofSeconds(15);
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final String TAKEN = "urn:certfleet:problem:restart-lease-taken";

    /** What the server does about it. */
    public interface Leases {
        RestartLease ask(RestartLeaseRequest request) throws ServerException;

        void end(String id, RestartOutcome outcome) throws ServerException;
    }

    private final ComponentSettings settings;
    private final RestartFile file;
    private final Health health;
    private final Clock clock;
    private final Map<Component, String> problems = new EnumMap<>(Component.class);
    private Instant nextTry = Instant.MIN;
    private @Nullable String waiting;

    /** @param file where it remembers */
    public Restarter(ComponentSettings settings, Layout layout, Path file, Clock clock, SecureRandom random) {
        this.settings = settings;
        this.file = new RestartFile(file);
        this.health = new Health(settings, layout, random);
        this.clock = clock;
    }

    /**
     * Does the next step.
     *
     * @param leases empty where the server cannot be asked now: nothing begins then
     */
    public void round(Map<Component, Stale> stale, Places places, Optional<Leases> leases) throws InterruptedException {
        problems.keySet().retainAll(stale.keySet());
        if (stale.isEmpty()) {
            waiting = null;
        }
        Optional<Restart> active = file.active();
        if (active.isPresent()) {
            goOn(active.get(), Optional.ofNullable(stale.get(active.get().component())), places, leases);
            return;
        }
        for (Stale one : stale.values().stream()
                .sorted((left, right) -> left.component().compareTo(right.component()))
                .toList()) {
            if (begin(one, places, leases)) {
                return;
            }
        }
    }

    /** What somebody has to do, or to know. */
    public List<String> problems() {
        return List.copyOf(problems.values());
    }

    /** What is being waited for, in a line; empty where nothing is. */
    public Optional<String> waiting() {
        return Optional.ofNullable(waiting);
    }

    /** When there is something to look at; empty where no restart is under way. */
    public Optional<Instant> nextLook() {
        return file.active().map(restart -> clock.instant().plus(restart.step() == Step.UNHEALTHY ? PAUSE : LOOK));
    }

    /** @return true where no other component's turn is now */
    private boolean begin(Stale stale, Places places, Optional<Leases> leases) throws InterruptedException {
        String what = stale.component().label() + " has an old copy of the CA bundle '" + stale.bundle() + "'";
        if (file.isDone(stale.component(), stale.publication())) {
            problem(stale.component(), what + " although it was restarted for it; restart it by hand and see why");
            return false;
        }
        RestartWay way = RestartWay.of(settings.of(stale.component()), stale);
        if (way instanceof RestartWay.ByHand(String why)) {
            problem(stale.component(), what + " and only reads it when it starts: restart it (" + why + ")");
            return false;
        }
        if (leases.isEmpty() || clock.instant().isBefore(nextTry)) {
            return true;
        }
        nextTry = clock.instant().plus(PAUSE);
        Optional<String> ill = health.problem(stale.component(), places);
        if (ill.isPresent()) {
            problem(stale.component(), what + "; it is not restarted while it is not well: " + ill.get());
            return false;
        }
        try {
            RestartLease lease =
                    leases.get().ask(new RestartLeaseRequest(stale.component().label(), what));
            Restart restart = new Restart(
                    stale.component(),
                    lease.id(),
                    Step.LEASED,
                    stale.publication(),
                    stale.started().toMillis(),
                    null,
                    null);
            file.begin(restart);
            problems.remove(stale.component());
            waiting = null;
            goOn(restart, Optional.of(stale), places, leases);
        } catch (ServerException.Refused e) {
            if (e.type().equals(TAKEN)) {
                waiting = "waits for its turn to restart " + stale.component().label();
            } else {
                problem(stale.component(), what + ", and may not be restarted: " + Trouble.oneLine(e));
            }
        } catch (ServerException e) {
            waiting = "waits for the server to restart " + stale.component().label();
        }
        return true;
    }

    private void goOn(Restart restart, Optional<Stale> stale, Places places, Optional<Leases> leases)
            throws InterruptedException {
        boolean isOld = stale.filter(one -> one.started().toMillis() == restart.startedMillis())
                .isPresent();
        switch (restart.step()) {
            case LEASED, BEGUN -> {
                if (isOld) {
                    perform(restart, stale.orElseThrow());
                } else {
                    file.save(awaited(restart));
                }
            }
            case AWAITED -> await(restart, isOld, places, leases);
            case UNHEALTHY -> {
                Optional<String> ill = health.problem(restart.component(), places);
                if (ill.isPresent()) {
                    problem(restart.component(), notWell(restart, ill.get()));
                } else {
                    end(restart, null, leases);
                }
            }
        }
    }

    private Restart awaited(Restart restart) {
        return restart.at(Step.AWAITED, clock.instant().plus(settings.restartWithin()));
    }

    private void perform(Restart restart, Stale stale) throws InterruptedException {
        Restart begun = restart.at(Step.BEGUN, null);
        file.remember(begun);
        file.save(begun);
        LOG.log(
                System.Logger.Level.INFO,
                "restarting {0}, which has an old copy of the CA bundle {1}",
                stale.component().label(),
                stale.bundle());
        Hooks commands = new Hooks(settings.restartWithin());
        Optional<String> failure = switch (RestartWay.of(settings.of(stale.component()), stale)) {
            case RestartWay.Commands(List<List<String>> vectors) -> commands.run(vectors);
            case RestartWay.Unit(String name) -> commands.run(List.of(List.of("systemctl", "restart", name)));
            case RestartWay.Pod(long pid) ->
                ProcessHandle.of(pid).map(ProcessHandle::destroy).orElse(true)
                        ? Optional.empty()
                        : Optional.of("its process cannot be ended");
            case RestartWay.ByHand(String why) -> Optional.of(why);
        };
        failure.ifPresent(why -> LOG.log(
                System.Logger.Level.WARNING,
                "the restart of {0} failed: {1}",
                stale.component().label(),
                why));
        file.save(awaited(begun));
    }

    private void await(Restart restart, boolean isOld, Places places, Optional<Leases> leases) {
        Optional<String> ill = health.problem(restart.component(), places);
        Instant until = restart.until();
        boolean over = until != null && !clock.instant().isBefore(until);
        if (ill.isEmpty() && (!isOld || over)) {
            end(restart, isOld ? "the restart did not replace its process" : null, leases);
        } else if (over) {
            String what = ill.orElse("");
            problem(restart.component(), notWell(restart, what));
            if (tell(restart, new RestartOutcome(false, what), leases)) {
                file.save(restart.failed(what));
            }
        }
    }

    private static String notWell(Restart restart, String ill) {
        return restart.component().label()
                + " is not well after its restart; no other node restarts anything until it is: " + ill;
    }

    private void end(Restart restart, @Nullable String detail, Optional<Leases> leases) {
        if (tell(restart, new RestartOutcome(true, detail), leases)) {
            file.end(restart);
            problems.remove(restart.component());
            nextTry = Instant.MIN;
            LOG.log(
                    System.Logger.Level.INFO,
                    "{0} is well after its restart",
                    restart.component().label());
        }
    }

    /** @return true where the server knows, or does not want to */
    private static boolean tell(Restart restart, RestartOutcome outcome, Optional<Leases> leases) {
        if (leases.isEmpty()) {
            return false;
        }
        try {
            leases.get().end(restart.lease(), outcome);
            return true;
        } catch (ServerException.Refused e) {
            LOG.log(System.Logger.Level.WARNING, "the end of a restart: {0}", Trouble.oneLine(e));
            return !e.mayPass() && !e.notAuthenticated();
        } catch (ServerException e) {
            return false;
        }
    }

    private void problem(Component component, String what) {
        if (!what.equals(problems.put(component, what))) {
            LOG.log(System.Logger.Level.WARNING, what);
        }
    }
}
