package dev.certfleet.server.enrolment;

import java.time.Clock;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** An enrolment token proves that its maker wanted a node of its names and roles, as often as it says. */
@Component
class TokenEvidence {
    private static final Logger LOG = LoggerFactory.getLogger(TokenEvidence.class);

    private final EnrolmentTokenRepository tokens;
    private final Clock clock;

    TokenEvidence(EnrolmentTokenRepository tokens, Clock clock) {
        this.tokens = tokens;
        this.clock = clock;
    }

    Examination examine(Evidence.Token shown) {
        Optional<EnrolmentToken> found = tokens.findBySecretHash(EnrolmentTokens.hash(shown.secret()));
        if (found.isEmpty()) {
            LOG.info("enrolment of a node with an unknown token");
            return new Examination.Refused(new Enrolment.TokenUnknown());
        }
        EnrolmentToken token = found.get();
        return new Examination.Proven(new Grant(
                token.cluster(),
                "token:" + token.id(),
                "token " + token.id(),
                "the token",
                token.nodeNamePattern(),
                token.roles(),
                new Uses(token)));
    }

    private final class Uses implements Grant.Use {
        private final EnrolmentToken shown;

        Uses(EnrolmentToken shown) {
            this.shown = shown;
        }

        @Override
        public @Nullable Enrolment refusal(String node) {
            return refusal(shown);
        }

        @Override
        public @Nullable Enrolment use(String node) {
            EnrolmentToken token = tokens.lock(shown.id());
            Enrolment refused = refusal(token);
            if (refused == null) {
                token.use();
            }
            return refused;
        }

        private @Nullable Enrolment refusal(EnrolmentToken token) {
            EnrolmentToken.Refusal refusal = token.refusal(clock.instant());
            return switch (refusal) {
                case null -> null;
                case WITHDRAWN -> new Enrolment.TokenWithdrawn();
                case EXPIRED -> new Enrolment.TokenExpired();
                case USED_UP -> new Enrolment.TokenUsedUp();
            };
        }
    }
}
