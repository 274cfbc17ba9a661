package dev.certfleet.agent.csr;

import dev.certfleet.agent.server.ServerException;
import dev.certfleet.pki.wire.CsrDecision;
import dev.certfleet.pki.wire.CsrReview;
import java.io.IOException;

/** The server, which decides. */
public interface Reviewer {
    /**
     * @throws ServerException where it does not answer, or refuses the question
     * @throws IOException where this node does not know its server yet
     */
    CsrDecision review(CsrReview review) throws ServerException, IOException;
}
