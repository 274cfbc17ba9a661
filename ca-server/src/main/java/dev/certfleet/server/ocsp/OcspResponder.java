package dev.certfleet.server.ocsp;

import dev.certfleet.pki.der.DerException;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.ledger.Ledger;
import dev.certfleet.server.ledger.RecordedStatus;
import dev.certfleet.server.recovery.DatabaseState;
import dev.certfleet.server.signing.OcspResponseData;
import dev.certfleet.server.signing.OcspResponseData.CertStatus;
import dev.certfleet.server.signing.OcspResponseData.SingleResponse;
import dev.certfleet.server.x509.Serial;
import io.micrometer.core.instrument.MeterRegistry;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Answers OCSP requests from what is on record at that moment. One answer speaks for one authority, that of the first
 * certificate asked for that is ours; of other authorities' certificates in the same request it says {@code unknown}, since
 * its signer may not speak for them. Nothing is ever {@code good} that was not issued: a serial never issued, reserved, or
 * gone from the archive is {@code unauthorized} where it is asked for alone or with nothing but its like from elsewhere, and
 * {@code unknown} among several.
 */
@Component
public class OcspResponder {
    /** From thisUpdate to nextUpdate: how long an answer without nonce can outlive a revocation in somebody's cache. */
    public static final Duration WINDOW = Duration.ofMinutes(10);

    /** How long after its end a certificate is still answered for; archive cutoff (RFC 6960 section 4.4.4) tells so. */
    public static final Duration ARCHIVE = Duration.ofDays(7);

    private static final Logger LOG = LoggerFactory.getLogger(OcspResponder.class);

    private final Issuers issuers;
    private final Responders responders;
    private final Ledger ledger;
    private final DatabaseState databaseState;
    private final MeterRegistry metrics;
    private final Clock clock;

    OcspResponder(
            Issuers issuers,
            Responders responders,
            Ledger ledger,
            DatabaseState databaseState,
            MeterRegistry metrics,
            Clock clock) {
        this.issuers = issuers;
        this.responders = responders;
        this.ledger = ledger;
        this.databaseState = databaseState;
        this.metrics = metrics;
        this.clock = clock;
    }

    /** Answers a request in DER; never throws. */
    public OcspAnswer answer(byte[] requestDer) {
        OcspAnswer answer = tryToAnswer(requestDer);
        if (answer instanceof OcspAnswer.Failed failed) {
            count(failed.error().label());
        }
        return answer;
    }

    private OcspAnswer tryToAnswer(byte[] requestDer) {
        try {
            return answer(OcspRequest.read(requestDer));
        } catch (DerException e) {
            LOG.debug("not an OCSP request: {}", e.getMessage());
            return new OcspAnswer.Failed(OcspError.MALFORMED_REQUEST);
        } catch (DataAccessException | TransactionException e) {
            LOG.warn("OCSP cannot be answered: {}", e.getMessage());
            return new OcspAnswer.Failed(OcspError.TRY_LATER);
        } catch (RuntimeException e) {
            LOG.error("OCSP cannot be answered", e);
            return new OcspAnswer.Failed(OcspError.INTERNAL_ERROR);
        }
    }

    private OcspAnswer answer(OcspRequest request) {
        // 1. Whose certificates are asked for
        List<Optional<Authority>> issuersAsked =
                request.certificates().stream().map(issuers::find).toList();
        Optional<Authority> first =
                issuersAsked.stream().flatMap(Optional::stream).findFirst();
        if (first.isEmpty()) {
            return new OcspAnswer.Failed(OcspError.UNAUTHORIZED);
        }
        Authority authority = first.get();

        // 2. What is on record of them, as of a moment before it is read
        Instant now = clock.instant();
        List<@Nullable Serial> serials = new ArrayList<>();
        for (int i = 0; i < issuersAsked.size(); i++) {
            boolean its = issuersAsked
                    .get(i)
                    .filter(issuer -> issuer.name().equals(authority.name()))
                    .isPresent();
            serials.add(its ? serial(request.certificates().get(i).serial()) : null);
        }
        Map<Serial, RecordedStatus> recorded = onRecord(authority, serials);
        if (serials.size() == 1 && !isAnsweredFor(recorded, serials.getFirst(), now)) {
            return new OcspAnswer.Failed(OcspError.UNAUTHORIZED);
        }

        if (saysGood(recorded) && databaseState.isBehind()) {
            return new OcspAnswer.Failed(OcspError.TRY_LATER);
        }

        // 3. Say so, for no longer than the signer's certificate lives
        Responder responder = responders.of(authority);
        Instant end = now.plus(WINDOW);
        Instant nextUpdate = end.isAfter(responder.notAfter()) ? responder.notAfter() : end;
        List<SingleResponse> responses = new ArrayList<>();
        for (int i = 0; i < serials.size(); i++) {
            byte[] certId = request.certificates().get(i).der();
            RecordedStatus status = isAnsweredFor(recorded, serials.get(i), now) ? recorded.get(serials.get(i)) : null;
            responses.add(single(certId, status, now, nextUpdate));
        }
        byte[] der = responder.signer().sign(new OcspResponseData(now, responses, request.nonce()));
        responses.forEach(response -> count(label(response.status())));
        return new OcspAnswer.Signed(der, now, nextUpdate, request.nonce() == null);
    }

    /** Null for a number that no serial of ours can be. */
    private static @Nullable Serial serial(BigInteger number) {
        return number.signum() > 0 && (number.bitLength() + 7) / 8 == Serial.LENGTH ? new Serial(number) : null;
    }

    private Map<Serial, RecordedStatus> onRecord(Authority authority, List<@Nullable Serial> serials) {
        List<Serial> asked = new ArrayList<>();
        for (Serial serial : serials) {
            if (serial != null) {
                asked.add(serial);
            }
        }
        return asked.isEmpty() ? Map.of() : ledger.statusOf(authority.name(), asked);
    }

    private static boolean saysGood(Map<Serial, RecordedStatus> recorded) {
        return recorded.values().stream().anyMatch(RecordedStatus.Good.class::isInstance);
    }

    private static boolean isAnsweredFor(Map<Serial, RecordedStatus> recorded, @Nullable Serial serial, Instant now) {
        RecordedStatus status = serial == null ? null : recorded.get(serial);
        return status != null && !now.isAfter(status.notAfter().plus(ARCHIVE));
    }

    private static SingleResponse single(
            byte[] certId, @Nullable RecordedStatus status, Instant now, Instant nextUpdate) {
        if (status == null) {
            return new SingleResponse(certId, new CertStatus.Unknown(), now, nextUpdate, null);
        }
        CertStatus said = switch (status) {
            case RecordedStatus.Good good -> new CertStatus.Good();
            case RecordedStatus.Revoked revoked ->
                new CertStatus.Revoked(revoked.at(), revoked.reason(), revoked.invalidityDate());
        };
        Instant archiveCutoff = now.isAfter(status.notAfter()) ? now.minus(ARCHIVE) : null;
        return new SingleResponse(certId, said, now, nextUpdate, archiveCutoff);
    }

    private static String label(CertStatus status) {
        return switch (status) {
            case CertStatus.Good good -> "good";
            case CertStatus.Revoked revoked -> "revoked";
            case CertStatus.Unknown unknown -> "unknown";
        };
    }

    private void count(String result) {
        metrics.counter("certfleet.ocsp.answers", "result", result).increment();
    }
}
