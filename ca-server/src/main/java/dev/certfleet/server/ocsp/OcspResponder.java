package dev.certfleet.server.ocsp;

import dev.certfleet.pki.der.DerException;
import dev.certfleet.server.installation.Settings;
import dev.certfleet.server.ledger.StatusChanges;
import dev.certfleet.server.recovery.DatabaseState;
import dev.certfleet.server.signing.OcspResponseData;
import dev.certfleet.server.signing.OcspResponseData.CertStatus;
import dev.certfleet.server.signing.OcspResponseData.SingleResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Answers OCSP requests from what is known in memory. One answer speaks for one authority, that of the first certificate
 * asked for that is ours; of other authorities' certificates in the same request it says {@code unknown}, since its signer may
 * not speak for them. Nothing is ever {@code good} that was not issued: a serial never issued, reserved, or gone from the
 * archive is {@code unauthorized} where it is asked for alone or with nothing but its like from elsewhere, and
 * {@code unknown} among several. Of what is not in memory neither is said before the database was asked after the request
 * came; where that cannot be, the answer is {@code tryLater}.
 */
@Component
public class OcspResponder {
    /** How long after its end a certificate is still answered for; archive cutoff (RFC 6960 section 4.4.4) tells so. */
    public static final Duration ARCHIVE = Duration.ofDays(7);

    private static final Logger LOG = LoggerFactory.getLogger(OcspResponder.class);
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final Issuers issuers;
    private final Responders responders;
    private final StatusTable table;
    private final StatusChanges changes;
    private final DatabaseState databaseState;
    private final OtherForms otherForms;
    private final OcspMetrics metrics;
    private final Duration window;
    private final Clock clock;

    OcspResponder(
            Issuers issuers,
            Responders responders,
            StatusTable table,
            StatusChanges changes,
            DatabaseState databaseState,
            OtherForms otherForms,
            OcspMetrics metrics,
            Settings settings,
            Clock clock) {
        this.issuers = issuers;
        this.responders = responders;
        this.table = table;
        this.changes = changes;
        this.databaseState = databaseState;
        this.otherForms = otherForms;
        this.metrics = metrics;
        this.window = settings.ocsp().checkedWindow();
        this.clock = clock;
    }

    /** What may be said of what is not in memory. */
    private enum Database {
        /** Nothing: it has to be asked first. */
        NOT_ASKED,
        /** That it is not on record. */
        ASKED,
        /** Nothing: it cannot be asked. */
        AWAY
    }

    /**
     * Answers a request in DER where that takes no more than memory and a signature; never waits and never throws.
     *
     * @return null where {@link #answer} has to be asked, which may wait
     */
    public @Nullable OcspAnswer answerAtOnce(byte[] requestDer) {
        return counted(tryToAnswer(requestDer, Database.NOT_ASKED));
    }

    /** Answers a request in DER; may wait for the database, never throws. */
    public OcspAnswer answer(byte[] requestDer) {
        OcspAnswer answer = tryToAnswer(requestDer, Database.NOT_ASKED);
        if (answer == null) {
            answer = tryToAnswer(requestDer, askDatabase());
        }
        OcspAnswer counted = counted(answer);
        return counted == null ? new OcspAnswer.Failed(OcspError.INTERNAL_ERROR) : counted;
    }

    /** Has all in memory that was committed before this call. */
    private Database askDatabase() {
        try {
            issuers.readAgain();
            return changes.catchUp(PATIENCE) ? Database.ASKED : Database.AWAY;
        } catch (DataAccessException | TransactionException e) {
            LOG.debug("the authorities cannot be read: {}", e.getMessage());
            return Database.AWAY;
        }
    }

    private @Nullable OcspAnswer counted(@Nullable OcspAnswer answer) {
        if (answer instanceof OcspAnswer.Failed failed) {
            metrics.failed(failed.error());
        }
        return answer;
    }

    private @Nullable OcspAnswer tryToAnswer(byte[] requestDer, Database database) {
        try {
            OcspAnswer plain = database == Database.NOT_ASKED ? plain(requestDer) : null;
            return plain != null ? plain : answer(OcspRequest.read(requestDer), database);
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

    /** What nearly all ask: one certificate, known, and nothing else. Null for anything else. */
    private @Nullable OcspAnswer plain(byte[] requestDer) {
        CertId certId = OcspRequest.plain(requestDer);
        Issuers.Form form = certId == null ? null : issuers.find(certId);
        Instant known = table.asOf();
        if (certId == null || certId.serial() == null || form == null || known == null) {
            return null;
        }
        Instant now = clock.instant();
        KnownCertificate certificate = table.find(certId.serial());
        Responder responder = responders.inMemory(form.issuer().name());
        if (certificate == null
                || responder == null
                || !now.isBefore(form.issuer().notAfter())) {
            return null;
        }
        return one(certId, certificate, new Said(form, responder, known, responder.nextUpdate(known, window), now));
    }

    private @Nullable OcspAnswer answer(OcspRequest request, Database database) {
        // 1. Whose certificates are asked for
        Instant now = clock.instant();
        List<Issuers.@Nullable Form> forms =
                new ArrayList<>(request.certificates().size());
        Issuers.Form first = null;
        boolean allKnown = true;
        for (CertId certId : request.certificates()) {
            Issuers.Form form = issuers.find(certId);
            allKnown &= form != null;
            boolean ours = form != null && now.isBefore(form.issuer().notAfter());
            forms.add(ours ? form : null);
            first = first == null && ours ? form : first;
        }
        if (!allKnown && database == Database.NOT_ASKED) {
            return null;
        }
        if (first == null) {
            return new OcspAnswer.Failed(
                    allKnown || database == Database.ASKED ? OcspError.UNAUTHORIZED : OcspError.TRY_LATER);
        }

        // 2. What is known of them, and as of when at least
        Instant known = table.asOf();
        List<@Nullable KnownCertificate> certificates = new ArrayList<>(forms.size());
        for (int i = 0; i < forms.size(); i++) {
            Issuers.Form form = forms.get(i);
            SerialKey serial = request.certificates().get(i).serial();
            if (form == null || !form.issuer().name().equals(first.issuer().name()) || serial == null) {
                certificates.add(null);
                continue;
            }
            KnownCertificate certificate = table.find(serial);
            if (certificate == null && database != Database.ASKED) {
                return database == Database.NOT_ASKED ? null : new OcspAnswer.Failed(OcspError.TRY_LATER);
            }
            certificates.add(certificate);
        }

        // 3. Who signs, and until when it may be believed
        Responder responder = database == Database.NOT_ASKED
                ? responders.inMemory(first.issuer().name())
                : responders.of(first.issuer().authority());
        if (responder == null || known == null) {
            return database == Database.NOT_ASKED ? null : new OcspAnswer.Failed(OcspError.TRY_LATER);
        }
        Said said = new Said(first, responder, known, responder.nextUpdate(known, window), now);
        OcspAnswer answer = certificates.size() == 1 && request.nonce() == null
                ? one(request.certificates().getFirst(), certificates.getFirst(), said)
                : live(request, certificates, said);
        return answer == null && database != Database.NOT_ASKED ? new OcspAnswer.Failed(OcspError.TRY_LATER) : answer;
    }

    /**
     * What is common to all of an answer.
     *
     * @param form of the first certificate
     * @param thisUpdate as of when the status is known
     */
    private record Said(Issuers.Form form, Responder responder, Instant thisUpdate, Instant nextUpdate, Instant now) {
        boolean isOver() {
            return !now.isBefore(nextUpdate);
        }
    }

    /**
     * The one place where a certificate comes to be called {@code good}: every answer, signed ahead or not, says what this
     * returns.
     *
     * @return null for what is not answered for
     */
    private static @Nullable CertStatus status(@Nullable KnownCertificate certificate, Said said) {
        if (certificate == null
                || !certificate.authority().equals(said.form().issuer().name())) {
            return null;
        }
        long end = certificate.notAfter() + ARCHIVE.toSeconds();
        return said.now().getEpochSecond() <= end ? certificate.status() : null;
    }

    /** While the database is known to lack revocations, what it says is good may not be. */
    private boolean mayNotBeSaid(@Nullable CertStatus status) {
        return status instanceof CertStatus.Good && databaseState.isBehind();
    }

    /** The answer that is kept, or one that is kept from now on; null where what is known is too old to be signed. */
    private @Nullable OcspAnswer one(CertId certId, @Nullable KnownCertificate certificate, Said said) {
        CertStatus status = status(certificate, said);
        if (certificate == null || status == null) {
            return new OcspAnswer.Failed(OcspError.UNAUTHORIZED);
        }
        if (mayNotBeSaid(status)) {
            return new OcspAnswer.Failed(OcspError.TRY_LATER);
        }
        CertIdForm form = said.form().form();
        SignedAnswer kept = form == CertIdForm.SHA1 ? certificate.answer() : otherForms.find(form, certificate);
        if (kept == null || !kept.holds(status, said.responder(), said.now())) {
            if (said.isOver()) {
                return null;
            }
            kept = SignedAnswer.sign(
                    said.responder(),
                    certId.der(),
                    certificate,
                    status,
                    said.now(),
                    said.thisUpdate(),
                    said.nextUpdate());
            metrics.signedWhenAsked();
            if (form == CertIdForm.SHA1) {
                certificate.keep(kept);
            } else {
                otherForms.keep(form, certificate, kept);
            }
        }
        metrics.said(status);
        return new OcspAnswer.Signed(
                kept.der(certId.der(), certificate),
                kept.thisUpdate(),
                kept.nextUpdate(),
                true,
                new OcspAnswer.Validator(kept.signature(), kept.producedAt(), status instanceof CertStatus.Revoked));
    }

    private @Nullable OcspAnswer live(OcspRequest request, List<@Nullable KnownCertificate> certificates, Said said) {
        List<SingleResponse> responses = new ArrayList<>(certificates.size());
        boolean any = false;
        for (int i = 0; i < certificates.size(); i++) {
            KnownCertificate certificate = certificates.get(i);
            CertStatus status = status(certificate, said);
            any |= status != null;
            if (mayNotBeSaid(status)) {
                return new OcspAnswer.Failed(OcspError.TRY_LATER);
            }
            responses.add(new SingleResponse(
                    request.certificates().get(i).der(),
                    status == null ? new CertStatus.Unknown() : status,
                    said.thisUpdate(),
                    said.nextUpdate(),
                    certificate == null || status == null
                            ? null
                            : SignedAnswer.archiveCutoff(certificate, said.now())));
        }
        if (!any && certificates.size() == 1) {
            return new OcspAnswer.Failed(OcspError.UNAUTHORIZED);
        }
        if (said.isOver()) {
            return null;
        }
        byte[] der = said.responder().signer().sign(new OcspResponseData(said.now(), responses, request.nonce()));
        metrics.signedWhenAsked();
        responses.forEach(response -> metrics.said(response.status()));
        return new OcspAnswer.Signed(der, said.thisUpdate(), said.nextUpdate(), request.nonce() == null, null);
    }
}
