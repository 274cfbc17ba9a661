package dev.certfleet.server.status;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/** From the path, exactly as it was sent, to what answers it; whatever the HTTP engine is. */
@Component
class StatusHandler {
    private static final Logger LOG = LoggerFactory.getLogger(StatusHandler.class);
    private static final String OCSP = "/ocsp";
    private static final String CRL = "/crl/";
    private static final String CA = "/ca/";

    private final OcspEndpoint ocsp;
    private final FileEndpoints files;

    StatusHandler(OcspEndpoint ocsp, FileEndpoints files) {
        this.ocsp = ocsp;
        this.files = files;
    }

    /** @return the path behind {@code /ocsp}, empty or with its slash; null for any other path */
    static @Nullable String ocspRest(String path) {
        boolean isOcsp = path.startsWith(OCSP) && (path.length() == OCSP.length() || path.charAt(OCSP.length()) == '/');
        return isOcsp ? path.substring(OCSP.length()) : null;
    }

    /** What is said before a body is read; null where the request is one to answer. */
    @Nullable
    Reply refusal(Request request, String path, long declaredLength) {
        String rest = ocspRest(path);
        return rest == null ? null : ocsp.refusal(request, rest, declaredLength);
    }

    /** @return null where {@link #answer} has to be asked, which may wait */
    @Nullable
    Reply answerAtOnce(Request request, String path, byte[] body) {
        String rest = ocspRest(path);
        return rest == null ? null : ocsp.answerAtOnce(request, rest, body);
    }

    Reply answer(Request request, String path, byte[] body) {
        try {
            String rest = ocspRest(path);
            if (rest != null) {
                return ocsp.answer(request, rest, body);
            } else if (path.startsWith(CRL)) {
                return files.crl(request, path.substring(CRL.length()));
            } else if (path.startsWith(CA)) {
                return files.certificate(request, path.substring(CA.length()));
            }
            return Reply.notFound();
        } catch (DataAccessException | TransactionException e) {
            LOG.warn("{} cannot be answered: {}", path, e.getMessage());
            return Reply.problem(503, "the database is away").with("Retry-After", "5");
        } catch (RuntimeException e) {
            LOG.error("{} cannot be answered", path, e);
            return Reply.problem(500, "this cannot be answered; the server's log says why");
        }
    }
}
