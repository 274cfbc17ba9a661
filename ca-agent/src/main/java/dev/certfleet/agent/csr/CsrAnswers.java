package dev.certfleet.agent.csr;

import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.server.ServerException;
import dev.certfleet.pki.wire.CsrDecision;
import java.io.IOException;
import java.time.Clock;
import java.util.concurrent.atomic.AtomicLong;

/** Has the server decide a request, and does what it says. Whoever else does the same at the same time does no harm. */
final class CsrAnswers implements SigningRequests.Each {
    private static final System.Logger LOG = System.getLogger("certfleet.agent.csr");

    private final SigningRequests requests;
    private final Reviewer server;
    private final LeftAlone left;
    final AtomicLong approved = new AtomicLong();
    final AtomicLong refused = new AtomicLong();
    final AtomicLong signed = new AtomicLong();

    CsrAnswers(SigningRequests requests, Reviewer server, Clock clock) {
        this.requests = requests;
        this.server = server;
        this.left = new LeftAlone(clock);
    }

    /** After all were taken. */
    void tookAll() {
        left.forgetOthers();
    }

    @Override
    public void take(SigningRequest request) throws IOException, InterruptedException {
        if (!isToBeDecided(request) || left.holds(request)) {
            return;
        }
        try {
            SigningRequest answered = answer(request, server.review(request.review()));
            if (answered.isApproved() && !request.isApproved()) {
                // What was approved is signed at once, where nobody else was quicker.
                take(answered);
            }
        } catch (SigningRequests.RefusedException e) {
            if (!e.isOvertaken()) {
                throw e;
            }
            LOG.log(System.Logger.Level.DEBUG, "{0} was answered by another", request.name());
        } catch (ServerException.Refused e) {
            if (e.notAuthenticated() || e.status() == 403) {
                throw new IOException(Trouble.oneLine(e), e);
            }
            leave(request, Trouble.oneLine(e));
        } catch (ServerException e) {
            throw new IOException(Trouble.oneLine(e), e);
        }
    }

    private static boolean isToBeDecided(SigningRequest request) {
        return !request.isOver()
                && request.signer()
                        .filter(signer -> request.isApproved() || !signer.isApprovedByPeopleAlone())
                        .isPresent();
    }

    private SigningRequest answer(SigningRequest request, CsrDecision decision) throws IOException {
        String reason = String.valueOf(decision.reason());
        String message = String.valueOf(decision.message());
        return switch (String.valueOf(decision.decision())) {
            case "approve" -> done(approved, request, requests.approve(request, reason, message), "approved", message);
            case "deny" -> done(refused, request, requests.deny(request, reason, message), "denied", message);
            case "fail" -> done(refused, request, requests.fail(request, reason, message), "failed", message);
            case "sign" -> {
                String certificate = decision.certificate();
                if (certificate == null) {
                    throw new IOException("the server signs " + request.name() + " and gives no certificate");
                }
                yield done(signed, request, requests.sign(request, certificate), "signed", message);
            }
            case "leave" -> leave(request, message);
            default -> leave(request, "the server decides '" + decision.decision() + "', which is not known here");
        };
    }

    /** The watch still tells of the state that was answered, since it is behind what this node wrote. */
    private SigningRequest done(
            AtomicLong count, SigningRequest request, SigningRequest answered, String what, String message) {
        count.incrementAndGet();
        left.add(request);
        LOG.log(
                System.Logger.Level.INFO,
                "{0} the CertificateSigningRequest {1}: {2}",
                what,
                answered.name(),
                Trouble.oneLine(message));
        return answered;
    }

    private SigningRequest leave(SigningRequest request, String why) {
        System.Logger.Level level = left.add(request) ? System.Logger.Level.INFO : System.Logger.Level.DEBUG;
        LOG.log(level, "left the CertificateSigningRequest {0} as it is: {1}", request.name(), Trouble.oneLine(why));
        return request;
    }
}
