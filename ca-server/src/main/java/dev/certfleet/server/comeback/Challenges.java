package dev.certfleet.server.comeback;

import dev.certfleet.server.installation.SealingKey;
import dev.certfleet.server.x509.Fingerprint;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * What nodes sign to come back. A challenge is a time and random octets under a MAC of a key that all servers derive: giving
 * one looks nothing up and keeps nothing, so that anybody may ask for one and learns nothing by it. Only one that was used is
 * written down, and that takes the identity's key.
 */
@Component
public class Challenges {
    /** How long one can be used. */
    public static final Duration LIFETIME = Duration.ofMinutes(2);

    private static final Pattern FORM = Pattern.compile("v1\\.[A-Za-z0-9_-]{75}");
    private static final int PREFIX = "v1.".length();
    private static final int TIME = Long.BYTES;
    private static final int RANDOM = 16;
    private static final int CONTENTS = TIME + RANDOM;

    private final SecretKey key;
    private final JdbcClient database;
    private final SecureRandom random;
    private final Clock clock;

    Challenges(SealingKey sealingKey, JdbcClient database, SecureRandom random, Clock clock) {
        this.key = sealingKey.derive("certfleet comeback challenge v1");
        this.database = database;
        this.random = random;
        this.clock = clock;
    }

    /**
     * A challenge.
     *
     * @param expiresAt in whole milliseconds
     */
    public record Challenge(String text, Instant expiresAt) {}

    /** A challenge for an identity, whether there is such a one or not. */
    public Challenge give(Fingerprint identity) {
        long expires = clock.instant().plus(LIFETIME).toEpochMilli();
        byte[] octets = new byte[RANDOM];
        random.nextBytes(octets);
        byte[] contents =
                ByteBuffer.allocate(CONTENTS).putLong(expires).put(octets).array();
        byte[] whole = ByteBuffer.allocate(CONTENTS + 32)
                .put(contents)
                .put(mac(contents, identity))
                .array();
        return new Challenge(
                "v1." + Base64.getUrlEncoder().withoutPadding().encodeToString(whole), Instant.ofEpochMilli(expires));
    }

    /** When a challenge expires; empty where it was not given for this identity, or has expired. */
    Optional<Instant> check(String challenge, Fingerprint identity) {
        if (!FORM.matcher(challenge).matches()) {
            return Optional.empty();
        }
        byte[] whole = Base64.getUrlDecoder().decode(challenge.substring(PREFIX));
        byte[] contents = Arrays.copyOf(whole, CONTENTS);
        if (!MessageDigest.isEqual(Arrays.copyOfRange(whole, CONTENTS, whole.length), mac(contents, identity))) {
            return Optional.empty();
        }
        Instant expires = Instant.ofEpochMilli(ByteBuffer.wrap(contents).getLong());
        return Optional.of(expires).filter(clock.instant()::isBefore);
    }

    /** Uses one up; false where that was done before, at whichever server. */
    @Transactional(propagation = Propagation.REQUIRES_NEW)
    public boolean use(String challenge, Instant expires) {
        return database.sql("INSERT INTO used_challenge (hash, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING")
                        .params(hash(challenge), Timestamp.from(expires))
                        .update()
                == 1;
    }

    /** Forgets those that have expired, with time to spare for servers whose clocks differ. */
    @Scheduled(fixedDelay = 1, timeUnit = TimeUnit.HOURS)
    @Transactional
    public void forget() {
        database.sql("DELETE FROM used_challenge WHERE expires_at < ?")
                .param(Timestamp.from(clock.instant().minus(Duration.ofDays(1))))
                .update();
    }

    private byte[] mac(byte[] contents, Fingerprint identity) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            mac.update(contents);
            return mac.doFinal(identity.bytes());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HmacSHA256 is part of every JDK", e);
        }
    }

    private static byte[] hash(String challenge) {
        return Fingerprint.of(challenge.getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                .bytes();
    }
}
