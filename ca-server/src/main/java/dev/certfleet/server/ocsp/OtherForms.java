package dev.certfleet.server.ocsp;

import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Answers for CertIDs that are not written as RFC 5019 has them: signed when they are first asked for, and kept, up to a
 * number that bounds their memory. Beyond it they are signed each time.
 */
@Component
class OtherForms {
    static final int MOST = 50_000;

    private final Map<Key, SignedAnswer> answers = new ConcurrentHashMap<>();

    private record Key(CertIdForm form, KnownCertificate certificate) {}

    @Nullable
    SignedAnswer find(CertIdForm form, KnownCertificate certificate) {
        return answers.get(new Key(form, certificate));
    }

    void keep(CertIdForm form, KnownCertificate certificate, SignedAnswer answer) {
        Key key = new Key(form, certificate);
        if (answers.size() < MOST || answers.containsKey(key)) {
            answers.put(key, answer);
        }
    }

    /** Makes room. */
    void forgetWhatIsOver(Instant now) {
        answers.values().removeIf(answer -> !now.isBefore(answer.nextUpdate()));
    }
}
