package dev.certfleet.server.probe;

import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.signing.Signatures;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.Signature;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.DERIA5String;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.DistributionPointName;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.IssuingDistributionPoint;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Fetches one thing that is published, as whoever checks a certificate does, and checks it. */
@Component
class Outsider {
    /** To connect. */
    private static final Duration CONNECT = Duration.ofSeconds(2);

    /** To the first octet of the answer; what follows is cut off by {@link Probe}. */
    private static final Duration ANSWER = Duration.ofSeconds(5);

    /** How far ahead the clock of the server that signed may be. */
    private static final Duration SKEW = Duration.ofMinutes(5);

    /** No certificate of an authority is longer, in octets. */
    private static final int LONGEST = 64 * 1024;

    private final Clock clock;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT)
            .build();

    Outsider(Clock clock) {
        this.clock = clock;
    }

    /**
     * What was there and right.
     *
     * @param tag the answer's ETag; null where it had none
     * @param number the CRL's number; 0 of a certificate
     * @param nextUpdate when it has to be replaced
     */
    record Seen(@Nullable String tag, long number, Instant nextUpdate) {}

    /**
     * @param before what was there the last time; a CRL that did not change is not fetched again
     * @throws Finding where it is there and wrong, or not there
     * @throws IOException where nobody answers
     */
    Seen look(Authority authority, Published published, @Nullable Seen before)
            throws Finding, IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(published.url())).timeout(ANSWER);
        if (before != null && before.tag() != null) {
            request.header("If-None-Match", before.tag());
        }
        HttpResponse<InputStream> response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = new BufferedInputStream(response.body())) {
            if (response.statusCode() == 304 && before != null) {
                checkEnd(before.nextUpdate());
                return before;
            }
            if (response.statusCode() != 200) {
                throw new Finding("HTTP " + response.statusCode());
            }
            String tag = response.headers().firstValue("ETag").orElse(null);
            return switch (published) {
                case Published.Certificate certificate -> {
                    if (!Arrays.equals(body.readNBytes(LONGEST), authority.certificate())) {
                        throw new Finding("it is not the authority's certificate");
                    }
                    yield new Seen(tag, 0, authority.notAfter());
                }
                case Published.Crl crl -> crl(authority, published, body, tag, before);
                case Published.Delta delta -> crl(authority, published, body, tag, before);
                case Published.Shard shard -> crl(authority, published, body, tag, before);
            };
        }
    }

    private Seen crl(
            Authority authority, Published published, InputStream body, @Nullable String tag, @Nullable Seen before)
            throws IOException, Finding {
        Certificate issuer = Certificate.getInstance(authority.certificate());
        Signature verifier = Signatures.verifier(
                authority.keyAlgorithm(),
                Signatures.publicKey(
                        authority.keyAlgorithm(),
                        issuer.getSubjectPublicKeyInfo().getEncoded(ASN1Encoding.DER)));
        CrlReader.Read read = CrlReader.read(body, verifier);
        if (!Arrays.equals(read.issuer(), issuer.getSubject().getEncoded(ASN1Encoding.DER))) {
            throw new Finding("another issuer is in it");
        }
        if (read.thisUpdate().isAfter(clock.instant().plus(SKEW))) {
            throw new Finding("it is from the future: " + read.thisUpdate());
        }
        checkEnd(read.nextUpdate());
        checkScope(published, read);
        if (before != null && read.number() < before.number()) {
            throw new Finding("its number is " + read.number() + " and was " + before.number());
        }
        return new Seen(tag, read.number(), read.nextUpdate());
    }

    private void checkEnd(Instant nextUpdate) throws Finding {
        if (!nextUpdate.isAfter(clock.instant())) {
            throw new Finding("it should have been replaced at " + nextUpdate);
        }
    }

    /** A relying party takes a CRL of another scope for none (RFC 5280 section 6.3.3). */
    private static void checkScope(Published published, CrlReader.Read read) throws Finding {
        boolean delta = read.extensions().getExtension(Extension.deltaCRLIndicator) != null;
        if (delta != published instanceof Published.Delta) {
            throw new Finding(delta ? "it is a delta CRL" : "it is not a delta CRL");
        }
        if (published instanceof Published.Shard(String url)) {
            Extension scope = read.extensions().getExtension(Extension.issuingDistributionPoint);
            if (scope == null || !url.equals(place(scope))) {
                throw new Finding("its issuing distribution point is not this URL");
            }
        }
    }

    private static String place(Extension scope) {
        DistributionPointName point =
                IssuingDistributionPoint.getInstance(scope.getParsedValue()).getDistributionPoint();
        if (point == null || point.getType() != DistributionPointName.FULL_NAME) {
            return "";
        }
        GeneralName name = GeneralNames.getInstance(point.getName()).getNames()[0];
        return name.getTagNo() == GeneralName.uniformResourceIdentifier
                ? DERIA5String.getInstance(name.getName()).getString()
                : "";
    }
}
