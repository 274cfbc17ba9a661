package dev.certfleet.server.status;

import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.crl.Crls;
import dev.certfleet.server.crl.PublishedCrl;
import dev.certfleet.server.x509.Fingerprint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** CRLs and CA certificates (RFC 2585 section 4: DER, under their own media types). */
@Component
class FileEndpoints {
    private static final String CRL = "application/pkix-crl";

    private final Crls crls;
    private final Authorities authorities;
    private final Clock clock;

    FileEndpoints(Crls crls, Authorities authorities, Clock clock) {
        this.crls = crls;
        this.authorities = authorities;
        this.clock = clock;
    }

    /** A CRL may be replaced at any moment, so caches ask each time whether theirs is the newest. */
    Reply crl(Request request, String file) {
        return find(
                request,
                file,
                ".crl",
                name -> CrlNames.parse(name)
                        .flatMap(crls::newest)
                        .map(crl -> conditional(
                                request,
                                der(crl).with("Cache-Control", "public, no-cache")
                                        .with("Expires", Conditions.date(crl.nextUpdate())),
                                crl.number() + "-" + crl.thisUpdate().getEpochSecond(),
                                crl.thisUpdate())));
    }

    private static Reply der(PublishedCrl crl) {
        Path file = crl.file();
        return file == null
                ? Reply.ok(CRL, Objects.requireNonNull(crl.octets()))
                : Reply.ok(CRL, new Reply.Body.Region(open(file), crl.size()));
    }

    private static FileChannel open(Path file) {
        try {
            return FileChannel.open(file, StandardOpenOption.READ);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An authority's certificate never changes: a new one has a new name. */
    Reply certificate(Request request, String file) {
        return find(
                request,
                file,
                ".crt",
                name -> authorities
                        .named(name)
                        .map(authority -> conditional(
                                request,
                                Reply.ok("application/pkix-cert", authority.certificate())
                                        .with("Cache-Control", "public, max-age=86400"),
                                Fingerprint.of(authority.certificate()).hex(),
                                authority.notBefore())));
    }

    private interface Find {
        Optional<Reply> named(String name);
    }

    private static Reply find(Request request, String file, String suffix, Find find) {
        if (!request.method().equals("GET") && !request.method().equals("HEAD")) {
            return Reply.notAllowed("GET, HEAD");
        }
        if (!file.endsWith(suffix)) {
            return Reply.notFound();
        }
        return find.named(file.substring(0, file.length() - suffix.length())).orElseGet(Reply::notFound);
    }

    private Reply conditional(Request request, Reply reply, String tag, Instant modified) {
        return Conditions.apply(request, reply, tag, modified, clock.instant());
    }
}
