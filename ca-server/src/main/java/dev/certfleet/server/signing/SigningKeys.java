package dev.certfleet.server.signing;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.server.installation.SealingKey;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.sql.Timestamp;
import java.time.Clock;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Makes signing keys, seals them into the database and opens them again; an opened key stays in memory. */
@Component
public class SigningKeys {
    private final JdbcClient database;
    private final SealingKey sealingKey;
    private final Clock clock;
    private final ConcurrentHashMap<UUID, SigningKey> open = new ConcurrentHashMap<>();

    SigningKeys(JdbcClient database, SealingKey sealingKey, Clock clock) {
        this.database = database;
        this.sealingKey = sealingKey;
        this.clock = clock;
    }

    /** Makes a key and seals it into the database, in the caller's transaction if there is one. */
    @Transactional
    public SigningKey create(KeyAlgorithm algorithm) {
        return keep(algorithm, Signatures.generate(algorithm));
    }

    /** Seals a key that was made elsewhere into the database, in the caller's transaction if there is one. */
    @Transactional
    public SigningKey take(ImportedKey key) {
        return keep(key.algorithm(), key.pair());
    }

    private SigningKey keep(KeyAlgorithm algorithm, KeyPair pair) {
        UUID id = UUID.randomUUID();
        byte[] pkcs8 = pair.getPrivate().getEncoded();
        SealingKey.Sealed sealed = sealingKey.seal(pkcs8, context(id));
        Arrays.fill(pkcs8, (byte) 0);
        database.sql("INSERT INTO sealed_key (id, algorithm, public_key, nonce, sealed, created_at)"
                        + " VALUES (?, ?, ?, ?, ?, ?)")
                .param(id)
                .param(algorithm.label())
                .param(pair.getPublic().getEncoded())
                .param(sealed.nonce())
                .param(sealed.ciphertext())
                .param(Timestamp.from(clock.instant()))
                .update();
        return new SealedSigningKey(id, algorithm, pair.getPublic(), pair.getPrivate());
    }

    /**
     * @throws IllegalStateException where the key was sealed with another sealing key, or changed since
     * @throws org.springframework.dao.EmptyResultDataAccessException where there is no such key
     */
    public SigningKey open(UUID id) {
        SigningKey known = open.get(id);
        if (known != null) {
            return known;
        }
        SigningKey opened = unseal(id);
        open.put(id, opened);
        return opened;
    }

    /**
     * Deletes a key for good, in the caller's transaction if there is one; the database refuses it for a key in use.
     * Other servers that have it open can sign with it until they stop.
     */
    @Transactional
    public void destroy(UUID id) {
        database.sql("DELETE FROM sealed_key WHERE id = ?").param(id).update();
        open.remove(id);
    }

    private SigningKey unseal(UUID id) {
        return database.sql("SELECT algorithm, public_key, nonce, sealed FROM sealed_key WHERE id = ?")
                .param(id)
                .query((row, number) -> {
                    KeyAlgorithm algorithm = KeyAlgorithm.of(row.getString("algorithm"));
                    byte[] pkcs8 = sealingKey.open(
                            new SealingKey.Sealed(row.getBytes("nonce"), row.getBytes("sealed")), context(id));
                    PrivateKey privateKey = Signatures.privateKey(algorithm, pkcs8);
                    Arrays.fill(pkcs8, (byte) 0);
                    return (SigningKey) new SealedSigningKey(
                            id, algorithm, Signatures.publicKey(algorithm, row.getBytes("public_key")), privateKey);
                })
                .single();
    }

    private static byte[] context(UUID id) {
        return ("certfleet sealed key " + id).getBytes(StandardCharsets.US_ASCII);
    }
}
