package dev.certfleet.server.status;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/** From the path, exactly as it was sent, to what answers it. */
@Component
class StatusHandler extends Handler.Abstract {
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

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws IOException {
        write(request, answer(request), response, callback);
        return true;
    }

    private Reply answer(Request request) throws IOException {
        String path = request.getHttpURI().getPath();
        try {
            if (path == null) {
                return Reply.notFound();
            } else if (path.equals(OCSP) || path.startsWith(OCSP + "/")) {
                return ocsp.answer(request, path.substring(OCSP.length()));
            } else if (path.startsWith(CRL)) {
                return files.crl(request, path.substring(CRL.length()));
            } else if (path.startsWith(CA)) {
                return files.certificate(request, path.substring(CA.length()));
            }
            return Reply.notFound();
        } catch (DataAccessException | TransactionException e) {
            LOG.warn("{} cannot be answered: {}", path, e.getMessage());
            return Reply.problem(503, "the database is away").with("Retry-After", "5");
        }
    }

    private static void write(Request request, Reply reply, Response response, Callback callback) throws IOException {
        response.setStatus(reply.status());
        reply.headers().forEach((name, value) -> response.getHeaders().put(name, value));
        Reply.FileBody file = reply.file();
        if (file != null) {
            response.getHeaders().put(HttpHeader.CONTENT_LENGTH, file.length());
            if (request.getMethod().equals("HEAD")) {
                response.write(true, null, callback);
            } else {
                Content.copy(Content.Source.from(Files.newInputStream(file.path())), response, callback);
            }
            return;
        }
        if (reply.status() != 304) {
            response.getHeaders().put(HttpHeader.CONTENT_LENGTH, reply.body().length);
        }
        response.write(true, ByteBuffer.wrap(reply.body()), callback);
    }
}
