package dev.certfleet.agent.csr;

import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.certificate.Backoff;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Lists the CertificateSigningRequests of this node's kube-apiserver, watches what becomes of them, and lists them again every
 * now and then, on a thread of its own.
 */
public final class CsrWatch implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("certfleet.agent.csr");
    private static final Duration RELIST = Duration.ofMinutes(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final SigningRequests requests;
    private final CsrAnswers answers;
    private final Backoff backoff;
    private final Clock clock;
    private final Thread thread;
    private volatile boolean stopped;
    private volatile @Nullable String problem;

    private CsrWatch(SigningRequests requests, Reviewer server, Clock clock, java.util.random.RandomGenerator random) {
        this.requests = requests;
        this.answers = new CsrAnswers(requests, server, clock);
        this.backoff = new Backoff(Duration.ofSeconds(1), LONGEST_PAUSE, random);
        this.clock = clock;
        // A virtual one: an interrupt ends what it reads.
        this.thread = Thread.ofVirtual().name("csr-signer").unstarted(this::run);
    }

    public static CsrWatch start(
            SigningRequests requests, Reviewer server, Clock clock, java.util.random.RandomGenerator random) {
        CsrWatch started = new CsrWatch(requests, server, clock, random);
        started.thread.start();
        return started;
    }

    /** What an operator has to do something about; empty while it works, or kube-apiserver is merely away. */
    public Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    /** In Prometheus' text format. */
    public String metrics() {
        return String.format(Locale.ROOT, """
                # HELP certfleet_agent_csr_total CertificateSigningRequests that this node answered.
                # TYPE certfleet_agent_csr_total counter
                certfleet_agent_csr_total{decision="approved"} %d
                certfleet_agent_csr_total{decision="refused"} %d
                certfleet_agent_csr_total{decision="signed"} %d
                """, answers.approved.get(), answers.refused.get(), answers.signed.get());
    }

    @Override
    public void close() {
        stopped = true;
        thread.interrupt();
    }

    private void run() {
        int failures = 0;
        while (!stopped) {
            try {
                String version = requests.list(answers);
                answers.tookAll();
                problem = null;
                failures = 0;
                requests.watch(version, RELIST, answers);
            } catch (IOException | Trouble e) {
                failed(e);
                pause(failures++);
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, "goes on after a defect", e);
                pause(failures++);
            }
        }
    }

    private void failed(Exception e) {
        if (stopped) {
            return;
        }
        boolean isRefused = e instanceof SigningRequests.RefusedException refused && refused.isNotPermitted();
        String now = isRefused
                ? "cannot answer CertificateSigningRequests: " + Trouble.oneLine(e)
                        + "; deploy/kubernetes/csr-signer.yaml grants what is needed"
                : Trouble.oneLine(e);
        System.Logger.Level level =
                isRefused && !now.equals(problem) ? System.Logger.Level.WARNING : System.Logger.Level.DEBUG;
        LOG.log(level, now);
        problem = isRefused ? now : null;
    }

    private void pause(int failures) {
        try {
            Thread.sleep(Duration.between(clock.instant(), backoff.after(clock.instant(), failures))
                    .plusMillis(100));
        } catch (InterruptedException e) {
            // the loop looks whether it is to go on
        }
    }
}
